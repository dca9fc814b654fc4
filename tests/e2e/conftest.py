"""The real application, as `customers serve` starts it, on a database of the test file's own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.conftest import created
from tests.e2e.api import Api
from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.settings import DatabaseSettings


@pytest.fixture(scope="module")
def shared_database(server: DatabaseSettings, template: str) -> Iterator[DatabaseSettings]:
    """A migrated database that the tests of one file share."""
    with asyncio.Runner() as runner:
        context = created(server, template)
        yield runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def service(shared_database: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The running service, which must not have logged an exception when the file's tests are through."""
    with Service(shared_database, tmp_path_factory.mktemp("service") / "log") as service:
        yield service
        assert not [line for line in service.logged() if "exception" in line]


@pytest.fixture(scope="module")
def api(service: Service) -> Api:
    """A client of the running service."""
    return Api(service.http)
