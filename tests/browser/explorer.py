"""The GraphiQL explorer, as somebody uses it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from playwright.async_api import expect

from api import graphiql

if TYPE_CHECKING:
    from playwright.async_api import Page

NAME = re.compile(r"^(?:query|mutation) (\w+)", re.MULTILINE)
EXAMPLES = {NAME.findall(tab["query"])[0]: tab for tab in graphiql.examples()}
KEPT = """({
    operation: sessionStorage["graphiql:operationName"],
    query: sessionStorage["graphiql:query"],
    tab: JSON.parse(sessionStorage["graphiql:tabState"] ?? "{}").activeTabIndex,
})"""
WAIT_SECONDS = 30
expect.set_options(timeout=WAIT_SECONDS * 1000)


def complaints(page: Page) -> list[str]:
    """Return a list that grows by every error of the page's scripts and every refusal of the browser's."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


async def kept(page: Page, **expected: object) -> None:
    """Return when GraphiQL has read and kept what was done, some tenths of a second later."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not expected.items() <= (await page.evaluate(KEPT)).items():
            await asyncio.sleep(0.02)


async def select(page: Page, example: str) -> None:
    await page.get_by_role("tab", name=example, exact=True).click()
    await kept(page, operation=example, query=EXAMPLES[example]["query"], tab=list(EXAMPLES).index(example))


async def run(page: Page) -> None:
    await page.get_by_role("button", name="Execute query").click()
