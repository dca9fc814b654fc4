"""How many statements a request sends, which must not depend on how much it reads."""

from __future__ import annotations

from itertools import permutations

import pytest

from models.repository import CustomerRepository
from models.service import CustomerService
from models.written import MOST_SHAPES
from tests.integration.statements import EVERYTHING, answer, drafts, watched

PAGE = f"""
query ($first: Int!, $after: String) {{
  customers(first: $first, after: $after) {{
    edges {{ cursor node {{ {EVERYTHING} }} }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    totalCount
  }}
}}
"""


@pytest.mark.parametrize("size", [1, 50, 100])
@pytest.mark.usefixtures("pool")
async def test_a_page_with_everything_takes_one_statement(size: int) -> None:
    """A page with all that its customers own, its count and surroundings takes 1 statement at any size."""
    await CustomerRepository().insert(drafts(150))
    first = await answer(PAGE, first=size)
    after = first["customers"]["pageInfo"]["endCursor"]

    customers = CustomerService()
    for arguments in 2 * [{}, {"after": after}]:
        async with watched() as statements:
            page = (await answer(PAGE, customers, first=size, **arguments))["customers"]
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
@pytest.mark.usefixtures("pool")
async def test_nothing_is_read_that_is_not_selected(selection: str, tables: set[str]) -> None:
    """Only the tables that a selection needs are read, each once; address and settings come together."""
    await CustomerRepository().insert(drafts(3))

    async with watched() as statements:
        await answer(f"{{ customers {{ nodes {selection} }} }}")

    assert sorted(tables_in(statements)) == sorted(tables)


def tables_in(statements: list[str]) -> list[str]:
    names = ("customers", "customer_emails", "customer_phone_numbers", "postal_addresses", "privacy_settings")
    return [name for name in names for statement in statements if f" {name} " in statement]


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("{ customers { nodes { id } } }", ["customers"]),
        ("{ customers { edges { node { address { city } } } } }", ["customers", "postal_addresses"]),
        ("{ customers { nodes { primaryEmail { email } } totalCount } }", ["customers", "customer_emails"]),
        (
            "query ($id: ID!) { customer(id: $id) { phoneNumbers { id } } }",
            ["customers", "customer_phone_numbers"],
        ),
        (
            "query ($id: ID!) { node(id: $id) { ... on Customer { privacySettings { twoFactorEnabled } } } }",
            ["customers", "privacy_settings"],
        ),
        ("query ($id: ID!) { nodes(ids: [$id, $id]) { ... on Customer { id } } }", ["customers"]),
    ],
)
@pytest.mark.usefixtures("pool")
async def test_what_is_asked_for_again_is_written(query: str, tables: list[str]) -> None:
    """PostgreSQL writes what is asked for again, by one statement that reads no more than is selected."""
    [customer, *_] = await CustomerRepository().insert(drafts(3))
    variables = {"id": str(customer.id)} if "$id" in query else {}
    customers = CustomerService()
    read = await answer(query, customers, **variables)

    async with watched() as statements:
        written = await answer(query, customers, **variables)

    assert written == read
    assert [is_written(statement) for statement in statements] == [True]
    assert tables_in(statements) == tables


def is_written(statement: str) -> bool:
    """Say whether a statement has PostgreSQL write an object."""
    return "'{\"" in statement


@pytest.mark.usefixtures("pool")
async def test_few_shapes_are_written() -> None:
    """Only what was among the last shapes that were asked for is written: each needs a statement."""
    await CustomerRepository().insert(drafts(1))
    names = ("id", "firstName", "lastName", "createdAt", "updatedAt")
    asked = [f"{{ customers {{ nodes {{ {' '.join(each)} }} }} }}" for each in permutations(names)]
    customers = CustomerService()

    async def written(query: str) -> bool:
        async with watched() as statements:
            await answer(query, customers)
        return [is_written(statement) for statement in statements] == [True]

    first = [await written(query) for query in asked[:MOST_SHAPES]]
    again = [await written(query) for query in asked[:MOST_SHAPES]]
    one_more = await written(asked[MOST_SHAPES])
    oldest, youngest = await written(asked[0]), await written(asked[MOST_SHAPES - 1])

    assert not any(first)
    assert all(again)
    assert (one_more, oldest, youngest) == (False, False, True)


@pytest.mark.parametrize(("directive", "count"), [("", 1), ("@include(if: true)", 2)])
@pytest.mark.usefixtures("pool")
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
@pytest.mark.usefixtures("pool")
async def test_moments_are_read_that_are_needed(asked: str, read: bool) -> None:
    """When customers were changed is read if that is selected or ordered by."""
    await CustomerRepository().insert(drafts(3))

    async with watched() as statements:
        page = (await answer(asked))["customers"]

    assert all(page.values())
    assert ["array_agg(updated_at" in statement for statement in statements] == [read]


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.usefixtures("pool")
async def test_creating_takes_one_statement(count: int) -> None:
    """Whole customers are created by one statement, however many."""
    async with watched() as statements:
        await CustomerRepository().insert(drafts(count))

    assert len(statements) == 1


@pytest.mark.parametrize("key", [None, "key"])
@pytest.mark.usefixtures("pool")
async def test_what_is_created_again_is_written(key: str | None) -> None:
    """The statement that creates a customer writes it, too; what a key has created may be there already."""
    query = (
        "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { ... on Customer { id } } }"
    )
    created = {"firstName": "Ada", "lastName": "Lovelace", "idempotencyKey": key}
    customers = CustomerService()

    first = await answer(query, customers, input=created)
    async with watched() as statements:
        again = await answer(query, customers, input=created)

    assert (again == first) == bool(key)
    assert list(map(is_written, statements)) == ([False] * len(statements) if key else [True])
