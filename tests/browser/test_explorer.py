"""The GraphiQL explorer in a browser, with a real server and a real database behind it."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.browser.explorer import EXAMPLES, complaints, kept, run, select

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="module")

UUID = re.compile(r'"id": "[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"')
BACKGROUND = "getComputedStyle(document.querySelector('.graphiql-container')).backgroundColor"


async def test_the_first_example_shows_customers(page: Page) -> None:
    """The page opens without a complaint, asks no other host for anything, and its first example answers."""
    example = EXAMPLES["CreateCustomer"]
    body = {"query": example["query"], "variables": json.loads(example["variables"])}
    await page.request.post("/graphql", data=body)
    found = complaints(page)
    addresses: set[str] = set()
    page.on("request", lambda request: addresses.add(request.url))

    await page.goto("/graphql")
    await run(page)

    await expect(page).to_have_title("Customer API")
    await expect(page.locator(".result-window")).to_contain_text('"firstName": "Ada"')
    assert found == []
    assert {urlsplit(address).netloc for address in addresses} == {urlsplit(page.url).netloc}
    if picture := os.environ.get("CUSTOMERS_SCREENSHOT"):
        await page.screenshot(path=picture)


async def test_a_customer_is_created_through_the_page(page: Page) -> None:
    """The example that creates a customer answers with its id."""
    await page.goto("/graphql")
    await select(page, "CreateCustomer")
    await run(page)

    await expect(page.locator(".result-window")).to_contain_text(UUID)


async def test_a_token_is_sent_and_not_kept(page: Page) -> None:
    """A bearer token typed among the headers goes with the request, and the browser stores it nowhere."""
    await page.goto("/graphql")
    await page.get_by_role("button", name="Headers", exact=True).click()
    await page.locator(".graphiql-editor:visible .CodeMirror").last.click()
    await page.keyboard.insert_text('{"Authorization": "Bearer s3cret"}')
    # GraphiQL's history takes headers a moment after they are typed: before it knows a query typed later.
    await page.locator(".graphiql-query-editor .CodeMirror").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text("query Count { customers { totalCount } }")
    await kept(page, operation="Count")
    async with page.expect_request(lambda request: '"Count"' in (request.post_data or "")) as sent:
        await run(page)
    await expect(page.locator(".result-window")).to_contain_text("totalCount")

    stored = await page.evaluate("({...sessionStorage, ...localStorage})")
    assert (await sent.value).headers["authorization"] == "Bearer s3cret"
    assert "Count" in stored["graphiql:queries"]
    assert "s3cret" not in str(stored)


async def test_tabs_survive_a_reload_but_not_the_browser_tab(page: Page) -> None:
    """Reloading keeps the tabs as they were left, while a new tab of the browser starts with the examples."""
    await page.goto("/graphql")
    await select(page, "CustomerPages")
    await page.reload()
    await expect(page.get_by_role("tab", selected=True)).to_contain_text("CustomerPages")
    await expect(page.get_by_role("tab")).to_contain_text(list(EXAMPLES))

    other = await page.context.new_page()
    await other.goto("/graphql")
    await expect(other.get_by_role("tab", selected=True)).to_contain_text("Customers")


async def test_an_injected_script_does_not_run(page: Page) -> None:
    """A script that somebody gets into the page, as an element or as an attribute, is refused."""
    await page.goto("/graphql")
    await page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.injected = true";
            document.body.append(script);
            document.body.setAttribute("onclick", "window.injected = true");
            document.body.click();
        }"""
    )

    assert await page.evaluate("window.injected") is None


async def test_the_documentation_describes_the_schema(page: Page) -> None:
    """The documentation shows the descriptions that the schema gives."""
    await page.goto("/graphql")
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await page.get_by_role("link", name="Query", exact=True).click()
    await page.get_by_role("link", name="Customer", exact=True).first.click()

    await expect(page.locator(".graphiql-doc-explorer")).to_contain_text("Primary first, then oldest first.")


async def test_the_theme_is_that_of_the_system(page: Page) -> None:
    """The page is dark where the system is and light where it is light, unless its settings say otherwise."""
    found = complaints(page)
    await page.goto("/graphql")
    await page.locator(".graphiql-container").wait_for()
    light = await page.evaluate(BACKGROUND)
    await page.emulate_media(color_scheme="dark")
    dark = await page.evaluate(BACKGROUND)

    await page.get_by_role("button", name="Open settings dialog").click()
    await page.get_by_role("button", name="Light").click()

    assert light != dark
    await expect(page.locator(".graphiql-container")).to_have_css("background-color", light)
    assert found == []
