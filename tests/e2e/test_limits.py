"""Limits on what runs: how long, how much at a time, how often; and that nothing goes on for nobody."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from tests.activity import kept_waiting
from tests.e2e.api import Api
from tests.service import Service
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.settings import DatabaseSettings

SECONDS = 20
LIST = "{ customers { nodes { id } } }"
EMAILS = "{ customers { nodes { emails { email } } } }"
CREATE = """mutation { createCustomer(input: {firstName: "Grace", lastName: "Hopper"}) {
  ... on Customer { id } } }"""


class Tables:
    """The service's tables, which a test can lock so that statements have to wait."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._runner = asyncio.Runner()
        self._watcher = self._connect()
        self._holder = self._connect()

    def _connect(self) -> asyncpg.Connection[asyncpg.Record]:
        return self._runner.run(asyncpg.connect(**self._settings.connect_args()))

    def lock(self, table: str) -> None:
        schema = self._settings.schema_name
        self._run(self._holder.execute(f"BEGIN; LOCK TABLE {schema}.{table} IN ACCESS EXCLUSIVE MODE"))

    def unlock(self) -> None:
        self._run(self._holder.execute("ROLLBACK"))

    def customers(self) -> int:
        """Return how many customers there are."""
        return int(
            self._run(self._holder.fetchval(f"SELECT count(*) FROM {self._settings.schema_name}.customers"))
        )

    def wait_until_waiting(self, statements: int) -> None:
        """Return when as many statements wait for a lock."""
        self._run(kept_waiting(self._watcher, statements, seconds=SECONDS))

    def close(self) -> None:
        self._run(self._watcher.close())
        self._run(self._holder.close())
        self._runner.close()

    def _run(self, awaitable: Any) -> Any:
        return self._runner.run(awaitable)


@pytest.fixture
def tables(shared_database: DatabaseSettings) -> Iterator[Tables]:
    tables = Tables(shared_database)
    yield tables
    tables.unlock()
    tables.close()


@pytest.fixture(scope="module")
def hurried(shared_database: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A service whose operations have half a second."""
    log = tmp_path_factory.mktemp("hurried") / "log"
    with Service(shared_database, log, LIMIT_OPERATION_TIME="0.5") as service:
        Api(service.http).create(emails=[{"email": "ada@example.com"}])
        yield Api(service.http)


@pytest.fixture(scope="module")
def patient(shared_database: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that has time, but for two operations at once only, and none that cost more than 1,000."""
    log = tmp_path_factory.mktemp("patient") / "log"
    with Service(
        shared_database, log, LIMIT_OPERATION_TIME="60", LIMIT_OPERATIONS="2", LIMIT_COST="1000"
    ) as service:
        yield service


@pytest.mark.parametrize(("query", "table"), [(LIST, "customers"), (EMAILS, "customer_emails")])
def test_an_overdue_query_is_stopped(hurried: Api, tables: Tables, query: str, table: str) -> None:
    """A query that takes too long is refused, and its statement does not go on, be it a dataloader's."""
    tables.lock(table)
    response = hurried.post(query)

    assert response.status_code == 503
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "time"}
    tables.wait_until_waiting(0)
    tables.unlock()
    assert hurried.data(query)["customers"]["nodes"]


def test_an_overdue_mutation_is_undone(hurried: Api, tables: Tables) -> None:
    """A mutation that takes too long leaves nothing behind, and the answer does not promise that."""
    before = tables.customers()
    tables.lock("customers")
    response = hurried.post(CREATE)

    assert response.status_code == 503
    [error] = response.json()["errors"]
    request_id = response.headers["x-request-id"]
    assert error["extensions"] == {"code": "UNAVAILABLE", "limit": "time", "requestId": request_id}
    tables.wait_until_waiting(0)
    tables.unlock()
    assert tables.customers() == before
    assert hurried.data(CREATE)["createCustomer"]["id"]


@contextmanager
def leaving(service: Service, query: str) -> Iterator[None]:
    """Send a request, and leave in the end without waiting for its answer."""
    connection = HTTPConnection(service.address.removeprefix("http://"))
    connection.request("POST", "/graphql", json.dumps({"query": query}), {"content-type": "application/json"})
    yield
    connection.close()


@pytest.mark.parametrize(("query", "table"), [(LIST, "customers"), (EMAILS, "customer_emails")])
def test_a_client_that_leaves_stops_its_query(
    patient: Service, tables: Tables, query: str, table: str
) -> None:
    """When the client is gone, so is the statement that it has waited for."""
    Api(patient.http).create(emails=[{"email": "grace@example.com"}])
    tables.lock(table)
    with leaving(patient, query):
        tables.wait_until_waiting(1)
    tables.wait_until_waiting(0)


def test_a_client_that_leaves_does_not_stop_its_mutation(patient: Service, tables: Tables) -> None:
    """What was asked to be written is written, whether or not the client waits for the answer."""
    before = tables.customers()
    tables.lock("customers")
    with leaving(patient, CREATE):
        tables.wait_until_waiting(1)
    with ThreadPoolExecutor() as pool:
        # Whoever left is noticed after a while; that long, another operation of the same service takes.
        query = pool.submit(Api(patient.http).data, LIST)
        tables.wait_until_waiting(2)
        tables.unlock()
        assert query.result(SECONDS)
    wait_until(lambda: tables.customers() == before + 1, SECONDS)


def test_too_many_at_once_are_sent_away(patient: Service, tables: Tables) -> None:
    """With as many operations under way as may be, others are told to come back, and nothing is queued."""
    api = Api(patient.http)
    tables.lock("customers")
    with ThreadPoolExecutor() as pool:
        admitted = [pool.submit(api.data, LIST) for _ in range(2)]
        tables.wait_until_waiting(2)
        for query in (LIST, CREATE, "{ __typename }"):
            response = api.post(query)
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) > 0
            [error] = response.json()["errors"]
            assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "operations"}
        assert patient.http.get("/healthz").is_success
        tables.unlock()
        assert all(query.result(SECONDS)["customers"] for query in admitted)
    assert api.data("{ __typename }")


def test_what_costs_too_much_never_reaches_the_database(patient: Service, tables: Tables) -> None:
    """The cost is told with the answer, and what would cost more than allowed is refused before it runs."""
    api = Api(patient.http)
    page = "query ($first: Int) { customers(first: $first) { nodes { id firstName lastName } } }"
    # The field, and as many customers with three fields each, in a list.
    assert api.answer(page, first=10)["extensions"] == {"cost": 1 + 10 * (1 + 1 + 3)}
    tables.lock("customers")
    several = " ".join(f"a{number}: customers(first: 100) {{ nodes {{ id }} }}" for number in range(5))
    answer = api.answer(f"{{ {several} }}")
    [error] = answer["errors"]
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "cost"}
    assert answer["extensions"] == {"cost": 5 * (1 + 100 * (1 + 1 + 1))}
