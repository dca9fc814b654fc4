"""A real Chromium before the real application."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from api import graphiql
from tests.conftest import created
from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

    from db.settings import DatabaseSettings

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium has no sandbox for root, and containers seldom allow one; the other flags keep it off the network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium's path; where it or GraphiQL's files are missing, the tests skip and say how to get them."""
    if not graphiql.installed():
        pytest.skip(
            "GraphiQL is not installed: install Node.js and run `npm ci --ignore-scripts` in api/graphiql"
        )
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    return path or pytest.skip("Chromium is not installed: run `apt-get install chromium`")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live_server(
    server: DatabaseSettings, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The address of the running application, on a database that the tests of a file share."""
    async with created(server, template) as database:
        with Service(database, tmp_path_factory.mktemp("service") / "log") as service:
            yield service.address


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A browser that the tests of a file share; what they do in it is kept apart by their contexts."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, live_server: str) -> AsyncIterator[Page]:
    """An empty page of somebody new, 1280 by 800 points; addresses are relative to the application's."""
    context = await browser.new_context(base_url=live_server, viewport={"width": 1280, "height": 800})
    yield await context.new_page()
    await context.close()
