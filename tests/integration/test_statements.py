"""How many statements a request sends, which must not depend on how much it reads."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from db.session import acquire
from db.tortoise import connect, disconnect
from models.draft import CustomerDraft
from models.repository import CustomerRepository
from schema.operation import Request
from tests import answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.settings import DatabaseSettings

EVERYTHING = """
  id firstName middleName lastName createdAt updatedAt
  emails { id email isPrimary createdAt }
  primaryEmail { email }
  phoneNumbers { id type number createdAt }
  address { line1 line2 city state postalCode country }
  privacySettings { marketingEmailsEnabled twoFactorEnabled }
"""
PAGE = f"""
query ($first: Int!, $after: String) {{
  customers(first: $first, after: $after) {{
    edges {{ cursor node {{ {EVERYTHING} }} }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    totalCount
  }}
}}
"""


@pytest.fixture
async def connected(database: DatabaseSettings) -> AsyncIterator[None]:
    """The application's pool, of one connection so that a test can watch it."""
    await connect(database.model_copy(update={"pool_min": 1, "pool_max": 1}))
    yield
    await disconnect()


@asynccontextmanager
async def watched() -> AsyncIterator[list[str]]:
    """Yield the statements that are sent meanwhile."""
    statements: list[str] = []

    def log(record: Any) -> None:
        statements.append(record.query)

    async with acquire() as connection:
        connection.add_query_logger(log)
    yield statements
    await asyncio.sleep(0)  # asyncpg tells its loggers in the loop's next turn


async def answer(query: str, **variables: Any) -> dict[str, Any]:
    done = await answers.answer(Request(query, variables))
    assert "errors" not in done.content, done.content
    data: dict[str, Any] = done.content["data"]
    return data


def drafts(count: int) -> dict[UUID, CustomerDraft]:
    return {
        uuid4(): CustomerDraft.of(
            {
                "first_name": f"First {number}",
                "last_name": "Last",
                "emails": [{"email": f"{number}@example.com"}, {"email": f"{number}@example.org"}],
                "phone_numbers": [{"type": "work", "number": f"+49151{number:08d}"}],
                "address": {
                    "line1": "1 Street",
                    "city": "Paris",
                    "state": "Paris",
                    "postal_code": "75001",
                    "country": "FR",
                },
                "privacy_settings": {"marketing_emails_enabled": True, "two_factor_enabled": False},
            }
        )
        for number in range(count)
    }


@pytest.mark.parametrize("size", [1, 50, 100])
@pytest.mark.usefixtures("connected")
async def test_a_page_with_everything_takes_one_statement(size: int) -> None:
    """A page with all that its customers own, its count and surroundings takes 1 statement at any size."""
    await CustomerRepository().insert(drafts(150))
    first = await answer(PAGE, first=size)
    after = first["customers"]["pageInfo"]["endCursor"]

    for arguments in ({}, {"after": after}):
        async with watched() as statements:
            page = (await answer(PAGE, first=size, **arguments))["customers"]
        assert len(page["edges"]) == min(size, 150 - len(arguments) * size)
        assert page["totalCount"] == 150
        assert all(len(edge["node"]["emails"]) == 2 for edge in page["edges"])
        assert len(statements) == 1, statements


@pytest.mark.parametrize(
    ("selection", "tables"),
    [
        ("{ id }", {"customers"}),
        ("{ id address { city } }", {"customers", "postal_addresses", "privacy_settings"}),
        ("{ emails { email } primaryEmail { email } }", {"customers", "customer_emails"}),
        (
            "{ ... on Node { ... on Customer { phoneNumbers { id } } } }",
            {"customers", "customer_phone_numbers"},
        ),
        ("{ id emails @include(if: true) { email } }", {"customers", "customer_emails"}),
        (
            "{ id emails @skip(if: true) { email } phoneNumbers { id } }",
            {"customers", "customer_phone_numbers"},
        ),
        ("{ id ... @include(if: false) { emails { id } primaryEmail { email } } }", {"customers"}),
    ],
)
@pytest.mark.usefixtures("connected")
async def test_nothing_is_read_that_is_not_selected(selection: str, tables: set[str]) -> None:
    """Only the tables that a selection needs are read, and each of them once."""
    await CustomerRepository().insert(drafts(3))

    async with watched() as statements:
        await answer(f"{{ customers {{ nodes {selection} }} }}")

    names = ("customers", "customer_emails", "customer_phone_numbers", "postal_addresses", "privacy_settings")
    read = [name for name in names for statement in statements if f" {name} " in statement]
    assert sorted(read) == sorted(tables)


@pytest.mark.parametrize(("directive", "count"), [("", 1), ("@include(if: true)", 2)])
@pytest.mark.usefixtures("connected")
async def test_no_contacts_are_read_twice(directive: str, count: int) -> None:
    """What several fields ask for, in part the same, comes with the page, or all of it by one look-up."""
    await CustomerRepository().insert(drafts(5))
    nodes = (
        f"nodes {{ emails {directive} {{ email }} }}",
        f"nodes {{ phoneNumbers {directive} {{ number }} emails {directive} {{ id }} }}",
        f"edges {{ node {{ primaryEmail {directive} {{ email }} phoneNumbers {directive} {{ id }} }} }}",
    )
    apart = [(await answer(f"{{ customers(first: 5) {{ {each} }} }}"))["customers"] for each in nodes]

    async with watched() as statements:
        together = await answer(f"{{ customers(first: 5) {{ {nodes[0]} {nodes[1]} {nodes[2]} }} }}")

    assert len(statements) == count, statements
    assert together["customers"] == apart[0] | apart[1] | apart[2] | {
        "nodes": [
            {
                **both,
                "emails": [
                    {**email, **id_} for email, id_ in zip(own["emails"], both["emails"], strict=True)
                ],
            }
            for own, both in zip(apart[0]["nodes"], apart[1]["nodes"], strict=True)
        ]
    }


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("{ customers { nodes { createdAt } pageInfo { endCursor } } }", False),
        ("{ customers { nodes { updatedAt } } }", True),
        ("{ customers(orderBy: {field: UPDATED_AT}) { pageInfo { endCursor } } }", True),
    ],
)
@pytest.mark.usefixtures("connected")
async def test_moments_are_read_that_are_needed(asked: str, read: bool) -> None:
    """When customers were changed is read if that is selected or ordered by."""
    await CustomerRepository().insert(drafts(3))

    async with watched() as statements:
        page = (await answer(asked))["customers"]

    assert all(page.values())
    assert ["array_agg(updated_at" in statement for statement in statements] == [read]


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.usefixtures("connected")
async def test_creating_takes_one_statement(count: int) -> None:
    """Whole customers are created by one statement, however many."""
    async with watched() as statements:
        await CustomerRepository().insert(drafts(count))

    assert len(statements) == 1
