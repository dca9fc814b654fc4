"""The real application, as `customers serve` starts it, on a database of the test file's own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest

from tests.conftest import created
from tests.database import connected
from tests.e2e.api import Api
from tests.e2e.locks import TABLES
from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from db.settings import DatabaseSettings


STORED = (
    *("customers", "customer_emails", "customer_phone_numbers", "postal_addresses", "privacy_settings"),
    "customer_search",
)


@pytest.fixture(scope="session")
def started(
    server: DatabaseSettings, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[DatabaseSettings, Service]]:
    """A migrated database and the service on it: starting one for each file would take a minute in all."""
    with asyncio.Runner() as runner:
        context = created(server, template)
        database = runner.run(context.__aenter__())
        with Service(database, tmp_path_factory.mktemp("service") / "log") as service:
            yield database, service
        runner.run(context.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def shared_database(started: tuple[DatabaseSettings, Service]) -> DatabaseSettings:
    """A migrated database without rows that the tests of one file share."""
    database, _ = started
    asyncio.run(_empty(database))
    return database


@pytest.fixture(scope="module")
def service(
    shared_database: DatabaseSettings,  # noqa: ARG001 - without rows, that is
    started: tuple[DatabaseSettings, Service],
) -> Iterator[Service]:
    """The running service, which must not have logged an exception when the file's tests are through."""
    _, service = started
    yield service
    assert not [line for line in service.logged() if "exception" in line]


@pytest.fixture(scope="module")
def stored(shared_database: DatabaseSettings) -> Iterator[Callable[[], dict[str, set[asyncpg.Record]]]]:
    """All rows of all tables, as they are when it is called."""
    schema = shared_database.schema_name
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(**shared_database.connect_args()))
        yield lambda: {
            table: set(runner.run(connection.fetch(f"TABLE {schema}.{table}"))) for table in STORED
        }
        runner.run(connection.close())


async def _empty(database: DatabaseSettings) -> None:
    async with connected(database) as connection:
        tables = await connection.fetchval(f"{TABLES} AND tablename <> 'aerich'", database.schema_name)
        await connection.execute(f"TRUNCATE {tables}")


@pytest.fixture(scope="module")
def api(service: Service) -> Api:
    """A client of the running service."""
    return Api(service.http)
