"""Creations that come at a time: they share statements, but neither answers nor failures."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from db.group_commit import MOST, STATEMENTS
from db.session import acquire
from db.settings import DatabaseSettings
from db.tortoise import connect, disconnect
from models.service import CustomerService
from schema.operation import Request
from tests import answers
from tests.activity import kept_waiting
from tests.database import connected
from tests.integration.statements import EVERYTHING, answer, watched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from asyncpg import Connection, Record

CREATE = (
    "mutation ($input: CreateCustomerInput!)"
    f" {{ createCustomer(input: $input) {{ ... on Customer {{ {EVERYTHING} }} }} }}"
)
READ = f"{{ customers(first: 100) {{ nodes {{ {EVERYTHING} }} }} }}"
NAMES = "SELECT array_agg(first_name ORDER BY customer_id) FROM customers"

Waiter = asyncio.Task[dict[str, Any]]


@pytest.fixture
async def customers(
    database: DatabaseSettings, request: pytest.FixtureRequest
) -> AsyncIterator[CustomerService]:
    """A service that has PostgreSQL write what is created; parameters are settings, or `options`."""
    changed = {"pool_min": 1} | getattr(request, "param", {})
    assert database.url is not None
    url = f"{database.url.get_secret_value()}&options={changed.pop('options', '')}"
    await connect(DatabaseSettings.load(url=url, **changed))
    service = CustomerService()
    await answer(CREATE, service, input=new("Ada"))
    yield service
    await disconnect()


@asynccontextmanager
async def locked(database: DatabaseSettings) -> AsyncIterator[None]:
    """Keep who writes customers waiting."""
    async with connected(database) as holder, holder.transaction():
        await holder.execute(f"LOCK TABLE {database.schema_name}.customers IN ACCESS EXCLUSIVE MODE")
        yield


def new(name: str, number: int = 0) -> dict[str, Any]:
    """Return an input; each number has other contacts, address and settings, or none."""
    made: dict[str, Any] = {
        "firstName": name,
        "lastName": "Lovelace",
        "emails": [{"email": f"{number}.{n}@example.com", "isPrimary": n == 1} for n in range(number % 4)],
        "phoneNumbers": [{"type": "work", "number": f"+4930{n}234{number:03}"} for n in range(number % 3)],
    }
    if number % 5:
        address = {"city": f"City {number}", "state": "Île", "postalCode": "75001", "country": "FR"}
        made["address"] = {"line1": "1", "line2": "2" if number % 2 else None, **address}
    if number % 7:
        made["privacySettings"] = {"marketingEmailsEnabled": number % 2 == 0, "twoFactorEnabled": True}
    return made


def creating(customers: CustomerService, inputs: Sequence[dict[str, Any]]) -> list[Waiter]:
    """Begin to create customers, all at a time."""
    return [
        asyncio.create_task(answers.answer(Request(CREATE, {"input": given}), customers)) for given in inputs
    ]


@pytest.mark.parametrize("customers", [{"pool_max": 1}], indirect=True)
async def test_each_gets_the_own_customer(customers: CustomerService) -> None:
    """As few statements as can be create all customers, and each answer is what is read afterwards."""
    inputs = [new(f"{number}", number) for number in range(STATEMENTS * MOST)]
    async with watched() as statements:
        answered = await asyncio.gather(*creating(customers, inputs))

    assert len(statements) == STATEMENTS
    created = [each["data"]["createCustomer"] for each in answered]
    assert [each["firstName"] for each in created] == [given["firstName"] for given in inputs]
    for given, each in zip(inputs, created, strict=True):
        assert {email["email"] for email in each["emails"]} == {email["email"] for email in given["emails"]}
        assert [number["number"] for number in each["phoneNumbers"]] == [
            number["number"] for number in given["phoneNumbers"]
        ]
        assert each["address"] == given.get("address")
        assert each["privacySettings"] == given.get("privacySettings")
    _, *read = (await answer(READ))["customers"]["nodes"]
    assert sorted(read, key=lambda each: each["id"]) == sorted(created, key=lambda each: each["id"])


async def test_who_comes_while_others_write_waits_for_them(
    customers: CustomerService, other: Connection[Record], database: DatabaseSettings
) -> None:
    """Creations that come one by one do so at once, until as many statements are under way as may be."""
    inputs = [new(f"{number}") for number in range(STATEMENTS + 2)]
    async with locked(database):
        tasks = []
        for number, given in enumerate(inputs, start=1):
            tasks += creating(customers, [given])
            await kept_waiting(other, min(number, STATEMENTS))
    created = [each["data"]["createCustomer"] for each in await asyncio.gather(*tasks)]

    assert [each["firstName"] for each in created] == [given["firstName"] for given in inputs]
    # A moment is that of the transaction.
    moments = [each["createdAt"] for each in created]
    assert moments[-2] == moments[-1]
    assert len(set(moments)) == STATEMENTS + 1


async def test_one_that_postgresql_refuses_fails_alone(
    customers: CustomerService, other: Connection[Record]
) -> None:
    """When a statement fails due to one customer, the others are created by others."""
    await other.execute("ALTER TABLE customers ADD CHECK (first_name <> 'Eve')")
    names = ["Grace", "Eve", "Edith"]
    answered = await asyncio.gather(*creating(customers, [new(name) for name in names]))

    assert ["errors" in each for each in answered] == [False, True, False]
    assert answered[1]["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert await other.fetchval(NAMES) == ["Ada", "Grace", "Edith"]


@pytest.mark.parametrize(
    "customers", [{"statement_timeout": 0.3}, {"options": "-clock_timeout%3D300"}], indirect=True
)
async def test_what_takes_too_long_is_not_tried_again(
    customers: CustomerService, other: Connection[Record], database: DatabaseSettings
) -> None:
    """A statement that PostgreSQL ends because of its time ends for all who share it."""
    async with locked(database), watched() as statements:
        answered = await asyncio.gather(*creating(customers, [new("Grace"), new("Edith")]))

    assert [each["errors"][0]["extensions"]["code"] for each in answered] == 2 * ["INTERNAL"]
    assert len(statements) == 1
    assert await other.fetchval(NAMES) == ["Ada"]


async def test_nothing_is_tried_again_that_may_be_done(
    customers: CustomerService, other: Connection[Record], database: DatabaseSettings
) -> None:
    """When the connection is lost, all who share the statement are told that nobody knows."""
    async with locked(database):
        tasks = creating(customers, [new("Grace"), new("Edith")])
        [process] = await kept_waiting(other, 1)
        await other.execute(f"SELECT pg_terminate_backend({process})")
        answered = await asyncio.gather(*tasks)

    assert [each["errors"][0]["extensions"]["code"] for each in answered] == 2 * ["UNAVAILABLE"]
    assert await other.fetchval(NAMES) == ["Ada"]
    [again] = await asyncio.gather(*creating(customers, [new("Grace")]))
    assert again["data"]["createCustomer"]["firstName"] == "Grace"


async def test_a_statement_goes_on_while_somebody_waits_for_it(
    customers: CustomerService, other: Connection[Record], database: DatabaseSettings
) -> None:
    """Who is stopped takes nothing from the others; when the last one is, so is the statement."""
    async with locked(database):
        shared = creating(customers, [new("Grace"), new("Edith")])
        await kept_waiting(other, 1)
        unwanted = creating(customers, [new("Joan"), new("Mary")])
        await kept_waiting(other, 2)
        later = creating(customers, [new("Hedy"), new("Ida")])
        await asyncio.sleep(0)
        for task in (shared[0], *unwanted, later[0]):
            task.cancel()
        # Its place is taken by what came later.
        gone = await asyncio.gather(shared[0], *unwanted, later[0], return_exceptions=True)
        await kept_waiting(other, 2)
    assert all(isinstance(each, asyncio.CancelledError) for each in gone)
    answered = await asyncio.gather(shared[1], later[1])

    assert [each["data"]["createCustomer"]["firstName"] for each in answered] == ["Edith", "Ida"]
    assert sorted(await other.fetchval(NAMES)) == ["Ada", "Edith", "Grace", "Ida"]


async def test_different_selections_do_not_wait_for_each_other(
    customers: CustomerService, other: Connection[Record], database: DatabaseSettings
) -> None:
    """Customers that are written in different ways are created by statements of their own."""
    query = (
        "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { ... on Customer { %s } } }"
    )
    selections = [f"id a{number}: firstName" for number in range(STATEMENTS + 1)]
    for selection in selections:
        await answer(query % selection, customers, input=new("First"))
    async with locked(database):
        tasks = [
            asyncio.create_task(answer(query % selection, customers, input=new(selection)))
            for selection in selections
        ]
        await kept_waiting(other, len(selections))
    answered = await asyncio.gather(*tasks)

    for number, (selection, each) in enumerate(zip(selections, answered, strict=True)):
        assert each["createCustomer"][f"a{number}"] == selection
    async with acquire() as connection:
        assert len(await connection.fetchval(NAMES)) == 1 + 2 * len(selections)
