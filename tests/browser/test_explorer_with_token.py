"""The GraphiQL explorer in a browser, before a service that asks for a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.explorer import EXAMPLES, complaints, run, select
from tests.conftest import created
from tests.service import Service
from tests.tokens import SECRET, by_hand, claims

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

    from db.settings import DatabaseSettings

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADA, GRACE = (f"Bearer {by_hand({'alg': 'HS256'}, claims(sub=subject))}" for subject in ("ada", "grace"))
HINT = "Send a token"
SCHEMA = "IntrospectionQuery"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live_server(
    server: DatabaseSettings, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The address of a service that lets bearers of a token in."""
    async with created(server, template) as database:
        log = tmp_path_factory.mktemp("service") / "log"
        with Service(database, log, AUTH_MODE="key", AUTH_KEY=SECRET) as service:
            yield service.address


async def give(page: Page, authorization: str) -> None:
    """Write a header under Headers, in place of what is there."""
    await page.get_by_role("button", name="Headers", exact=True).click()
    await page.locator(".graphiql-editor:visible .CodeMirror").last.click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(f'{{"Authorization": "{authorization}"}}')


async def test_a_token_opens_the_schema_and_the_data(page: Page) -> None:
    """The page says how to give it a token; with one it runs operations, and fetches the schema again."""
    await page.goto("/graphql")
    await expect(page.locator(".graphiql-footer")).to_contain_text(HINT)
    await expect(page.locator(".result-window")).to_contain_text("UNAUTHENTICATED")
    found = complaints(page)

    await give(page, ADA)
    async with page.expect_request(lambda request: SCHEMA in (request.post_data or "")):
        await run(page)

    await expect(page.locator(".result-window")).to_contain_text('"totalCount": 0')
    await expect(page.locator(".graphiql-footer")).to_have_count(0)
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.get_by_role("link", name="CustomerConnection")).to_be_visible()
    assert found == []


async def test_a_token_goes_with_every_tab_until_the_page_is_loaded_anew(page: Page) -> None:
    """Tabs without a token send the one sent last, a tab with one sends that, and a reload forgets both."""
    await page.goto("/graphql")
    await give(page, ADA)
    await run(page)
    await expect(page.locator(".result-window")).to_contain_text('"totalCount": 0')

    await select(page, "CustomerPages")
    async with page.expect_request(lambda request: '"CustomerPages"' in (request.post_data or "")) as sent:
        await run(page)
    assert (await sent.value).headers["authorization"] == ADA
    await give(page, GRACE)
    async with page.expect_request(lambda request: '"CustomerPages"' in (request.post_data or "")) as sent:
        await run(page)
    assert (await sent.value).headers["authorization"] == GRACE

    await page.reload()
    async with page.expect_request(lambda request: '"CustomerPages"' in (request.post_data or "")) as sent:
        await run(page)
    assert "authorization" not in (await sent.value).headers
    await expect(page.locator(".graphiql-footer")).to_contain_text(HINT)


async def test_a_token_is_kept_nowhere(page: Page) -> None:
    """Neither storage nor cookies, nor the address, have the token, after tabs and queries with it."""
    await page.goto("/graphql")
    await give(page, ADA)
    await run(page)
    for example in ("CustomerPages", "FindCustomers"):
        await select(page, example)
        await run(page)
        await expect(page.locator(".result-window")).to_contain_text('"customers"')
    await page.get_by_role("button", name="Show History").click()
    await expect(page.locator(".graphiql-history")).to_contain_text("CustomerPages")

    stored = await page.evaluate("({...sessionStorage, ...localStorage})")
    assert EXAMPLES["FindCustomers"]["query"] in stored["graphiql:query"]
    for place in (stored, await page.context.cookies(), page.url):
        assert "Bearer" not in str(place)
        assert ADA.rpartition(".")[2] not in str(place)


async def test_a_script_that_got_in_cannot_send_the_token_away(page: Page) -> None:
    """With a token given, the page still reaches no other address, be it by request, image, form or frame."""
    await page.goto("/graphql")
    await give(page, ADA)
    await run(page)
    await expect(page.locator(".result-window")).to_contain_text('"totalCount": 0')

    blocked = await page.evaluate(
        """async () => {
            const found = new Set();
            const note = (event) => found.add(event.effectiveDirective);
            document.addEventListener("securitypolicyviolation", note);
            const elsewhere = "http://127.0.0.1:9/";
            await fetch(elsewhere).catch(() => {});
            const make = (name, attributes) =>
                document.body.append(Object.assign(document.createElement(name), attributes));
            make("img", { src: elsewhere });
            make("iframe", { src: elsewhere });
            make("script", { src: elsewhere });
            const form = Object.assign(document.createElement("form"), { action: elsewhere, method: "post" });
            document.body.append(form);
            form.submit();
            const deadline = performance.now() + 10000;
            while (found.size < 5 && performance.now() < deadline) {
                await new Promise((resolve) => setTimeout(resolve, 20));
            }
            return [...found].sort();
        }"""
    )
    assert blocked == ["connect-src", "form-action", "frame-src", "img-src", "script-src-elem"]
