"""What PostgreSQL does for the operations that must be as fast among a million customers as among a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.plan import Plan, watched
from bench.scale import REQUESTS, Samples
from db.seed import seed
from db.tortoise import connect, disconnect
from models.service import CustomerService
from schema.operation import Request
from tests import answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.settings import DatabaseSettings

CUSTOMERS = 5_000
# PostgreSQL chooses between custom plans and a generic one when a statement is sent for the sixth time;
# the second request is the first for which it writes customers.
TIMES = 8

BACKWARDS = """
query ($before: String!) {
  customers(last: 20, before: $before) { nodes { id } pageInfo { hasNextPage hasPreviousPage } }
}
"""
OF_A_COUNTRY = """
query ($country: String!, $after: String) {
  customers(where: {country: {eq: $country}}, orderBy: {field: LAST_NAME}, after: $after) {
    nodes { id lastName } pageInfo { endCursor hasPreviousPage }
  }
}
"""
NOWHERE = '{ customers(where: {lastName: {contains: "…"}}) { nodes { id } } }'


@pytest.fixture
async def samples(database: DatabaseSettings) -> AsyncIterator[Samples]:
    """Customers, so many that reading all of them is no bargain, read through a pool of one connection."""
    await seed(database, CUSTOMERS)
    await connect(database.model_copy(update={"pool_min": 1, "pool_max": 1}))
    yield await Samples.taken()
    await disconnect()


async def faults(*requests: Request) -> list[str]:
    """Return what would grow with the table in the plans of the last request, after sending all.

    Customers are read the first time, and written the second.
    """
    found = []
    for customers in None, CustomerService():
        for request in requests:
            async with watched() as sent:
                answer = await answers.answer(request, customers)
            assert "errors" not in answer, answer
        assert sent
        found += [fault for query in list(sent) for fault in (await Plan.of(query)).faults()]
    return found


async def test_no_operation_reads_or_sorts_a_table(samples: Samples) -> None:
    """Each request of the benchmark goes through indexes to the few rows that it needs."""
    found = {name: await faults(*(make(samples) for _ in range(TIMES))) for name, make in REQUESTS.items()}

    assert found == {name: [] for name in REQUESTS}


async def test_a_page_backwards_is_read_from_an_index(samples: Samples) -> None:
    """A page ahead of a cursor, and whether customers follow it, take no more than a page forwards."""
    asked = Request(BACKWARDS, {"before": samples.cursors[0]})

    assert await faults(*[asked] * TIMES) == []


@pytest.mark.parametrize("country", ["US", "CZ"])
@pytest.mark.usefixtures("samples")
async def test_a_country_is_read_by_last_name(country: str) -> None:
    """Of a common and of a rare country alike, no step of a page reads anybody of another country."""
    asked = Request(OF_A_COUNTRY, {"country": country})
    answer = await answers.answer(asked)
    after = answer["data"]["customers"]["pageInfo"]["endCursor"]

    customers = CustomerService()
    for request in 2 * [asked, Request(OF_A_COUNTRY, {"country": country, "after": after})]:
        async with watched() as sent:
            await answers.answer(request, customers)
        [plan] = [await Plan.of(query) for query in list(sent)]
        assert plan.most_rows() <= 21, plan.lines()


@pytest.mark.usefixtures("samples")
async def test_reading_a_table_is_noticed() -> None:
    """A filter that no index serves is found to read the whole table."""
    assert await faults(Request(NOWHERE)) != []
