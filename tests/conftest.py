"""Fixtures for every level: one real PostgreSQL per worker, and a database of its own for each test."""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from api.settings import Settings
from db.embedded import EmbeddedServer
from db.migrate import migrate
from db.settings import DatabaseSettings
from tests.database import connected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

EXTERNAL = os.environ.get("DATABASE_URL")


@pytest.fixture(scope="session", autouse=True)
def settings_only_from_tests() -> Iterator[None]:
    """Keep the developer's environment and `db/.env` out of every test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("DATABASE_") or name.lower() in Settings.model_fields:
                patch.delenv(name)
        for settings in DatabaseSettings, Settings:
            patch.setitem(settings.model_config, "env_file", None)
        yield


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder for embedded servers. Not pytest's own: root's PostgreSQL account may not enter that."""
    with TemporaryDirectory(prefix="customers-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[DatabaseSettings]:
    """A running PostgreSQL: DATABASE_URL's when set, otherwise an embedded one of this worker's own."""
    if EXTERNAL:
        yield DatabaseSettings.load(url=EXTERNAL)
    else:
        with EmbeddedServer(folder / "server", durable=False) as embedded:
            yield DatabaseSettings.load(url=embedded.start())


@pytest.fixture(scope="session")
def template(server: DatabaseSettings) -> Iterator[str]:
    """The name of a migrated, empty database to copy from."""
    name = f"template_{uuid4().hex}"

    async def create() -> None:
        await execute(server, f"CREATE DATABASE {name}")
        await migrate(elsewhere(server, name))

    asyncio.run(create())
    yield name
    asyncio.run(execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def database(server: DatabaseSettings, template: str) -> AsyncIterator[DatabaseSettings]:
    """A migrated, empty database of this test's own."""
    async with created(server, template) as settings:
        yield settings


@pytest.fixture
async def blank(server: DatabaseSettings) -> AsyncIterator[DatabaseSettings]:
    """A database of this test's own in which nothing has happened yet."""
    async with created(server, "template1") as settings:
        yield settings


@asynccontextmanager
async def created(server: DatabaseSettings, template: str) -> AsyncIterator[DatabaseSettings]:
    name = f"test_{uuid4().hex}"
    await execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield elsewhere(server, name)
    finally:
        await execute(server, f"DROP DATABASE {name} WITH (FORCE)")


async def execute(settings: DatabaseSettings, statement: str) -> None:
    async with connected(settings) as connection:
        await connection.execute(statement)


def elsewhere(settings: DatabaseSettings, name: str) -> DatabaseSettings:
    """Return the same settings for another database of the same server."""
    assert settings.url is not None
    place, _, query = settings.url.get_secret_value().partition("?")
    kept = [pair for pair in query.split("&") if not re.match("(dbname|database)=|$", pair)]
    url = "/".join([*place.split("/")[:3], name]) + "?" + "&".join(kept)
    return DatabaseSettings.load(url=url)
