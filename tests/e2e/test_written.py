"""Customers that PostgreSQL writes as JSON are those that are read and resolved, to the letter."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.database import connected_in_schema
from tests.e2e.selections import SCHEMA

if TYPE_CHECKING:
    from db.settings import DatabaseSettings
    from tests.e2e.api import Api

NAMES: Final = [
    *('"', "\\", "'", "/", "{}", "{0}", "$1", "%s", "]}", "null", "</script>", "\\u0041"),
    *(
        "".join(map(chr, range(1, 32))),
        "\x7f\x80\x9f",
        "\u2028\u2029",
        "é e\u0301 ß 漢字 \U0001f600",
        " ",
        "",
    ),
]
"""Last names that are easily written wrong."""

MOMENTS: Final = [
    *("2026-01-31 12:30:00+00", "2026-01-31 12:30:00.1+00", "1970-01-01 00:00:00.000001+05:30"),
    *(
        "-infinity",
        "infinity",
        "0001-01-01 00:00:00+00",
        "0099-12-31 23:00:00+00",
        "0044-03-15 12:00:00+00 BC",
    ),
    *("9999-12-31 23:59:59.999999+00", "10000-01-01 00:00:00+00", "20000-01-01 00:00:00+00"),
]
"""Times of creation, of which Python and RFC 3339 have not all."""

NEW_CUSTOMERS: Final = st.fixed_dictionaries(
    {"firstName": st.sampled_from(["Ada", '"\\/', "漢字 \U0001f600"]), "lastName": st.just("Lovelace")},
    optional={
        "middleName": st.sampled_from(["King", None]),
        "emails": st.sampled_from([range(0), range(1), range(3)]).map(
            lambda numbers: [{"email": f"{n}@example.com", "isPrimary": n == 1} for n in numbers]
        ),
        "phoneNumbers": st.sampled_from([range(0), range(1), range(3)]).map(
            lambda numbers: [{"type": "work", "number": f"+493012345{n}"} for n in numbers]
        ),
        "address": st.builds(
            lambda line2: (
                {"line1": "1", "city": "Paris", "state": "Île", "postalCode": "75001", "country": "FR"}
                | line2
            ),
            st.sampled_from([{}, {"line2": None}, {"line2": "\\"}]),
        ),
        "privacySettings": st.fixed_dictionaries(
            {"marketingEmailsEnabled": st.booleans(), "twoFactorEnabled": st.booleans()}
        ),
    },
)
"""Inputs of creations, with all kinds of contacts, addresses, settings and names."""

MOST_ALIASES: Final = 15
NOBODY: Final = "00000000-0000-4000-8000-000000000000"
AROUND: Final = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount"

PLACES: Final = [
    "customer(id: $one) { %s }",
    "node(id: $one) { __typename ... on Customer { %s } }",
    "nodes(ids: $many) { ... on Node { id } ... on Customer { %s } }",
    f"customers {{ edges {{ node {{ %s }} }} {AROUND} }}",
    f"customers(first: 5) {{ edges {{ cursor node {{ %s }} __typename }} {AROUND} }}",
    f"customers(first: 5) {{ all: edges {{ at: cursor one: node {{ %s }} cursor }} around: {AROUND} }}",
    f"customers(first: 5) {{ all: nodes {{ %s }} edges {{ cursor }} {AROUND} }}",
    "customers(first: 5) { edges { node { %s } } more: edges { cursor at: cursor } pageInfo { __typename } }",
    "customers(first: 5) { edges { node { %s } one: node { id } } }",
    f"customers(last: 5) {{ __typename {AROUND} edges {{ cursor }} nodes {{ %s }} }}",
    f"customers(first: 7, orderBy: {{field: LAST_NAME, direction: DESC}}) {{ nodes {{ %s }} {AROUND} }}",
    f"customers(first: 3, after: $cursor) {{ ... {{ edges {{ ... {{ node {{ %s }} }} }} }} {AROUND} }}",
    f"customers(last: 3, before: $cursor) {{ edges {{ cursor node {{ %s }} }} {AROUND} }}",
    f'customers(first: 100, search: "la") {{ edges {{ cursor node {{ %s }} }} {AROUND} }}',
    f'customers(first: 2, search: "ad", orderBy: {{field: UPDATED_AT}}) {{ nodes {{ %s }} {AROUND} }}',
    'customers(where: {country: {eq: "FR"}}, orderBy: {field: LAST_NAME}) { nodes { %s } totalCount }',
    f'customers(where: {{email: {{eq: "nobody@example.com"}}}}) {{ edges {{ node {{ %s }} }} {AROUND} }}',
    "customers(first: 0) { nodes { %s } pageInfo { hasNextPage endCursor } }",
]
"""Where customers are asked for, with `%s` for what is asked of them."""


def selections(type_name: str) -> st.SearchStrategy[str]:
    """Return selections of an object's fields, in any order and some of them twice or in fragments."""
    fields = [st.just("__typename")]
    object_type = SCHEMA.type_map[type_name]
    assert isinstance(object_type, GraphQLObjectType)
    for name, field in object_type.fields.items():
        type_ = get_named_type(field.type)
        below = st.just("") if is_leaf_type(type_) else selections(type_.name).map(" {{ {} }}".format)
        fields.append(below.map(name.__add__))
    around = st.sampled_from(["{}", "{}", "... {{ {} }}", f"... on {type_name} {{{{ {{}} }}}}"])
    alias = st.sampled_from(["", "", "", "a_{}: "])
    field = st.builds(
        lambda around, alias, field: around.format(alias.format(field.partition(" ")[0]) + field),
        around,
        alias,
        st.one_of(fields),
    )
    return st.lists(field, min_size=1, max_size=8).map(" ".join)


@pytest.fixture(scope="module")
def ids(api: Api, shared_database: DatabaseSettings) -> list[str]:
    """Customers with all kinds of contacts, addresses, settings, names and times."""
    made = []
    for number, _ in enumerate([*NAMES, *MOMENTS]):
        given: dict[str, Any] = {
            "middleName": "middle" if number % 2 else None,
            "emails": [{"email": f"{n}@example.com", "isPrimary": n == 1} for n in range(number % 4)],
            "phoneNumbers": [{"type": "work", "number": f"+4930{number}2345{n}"} for n in range(number % 3)],
        }
        if number % 3:
            given["address"] = {
                "line1": '1 "Street"',
                "line2": "\\" if number % 2 else None,
                "city": "Paris",
                "state": "Île",
                "postalCode": "75001",
                "country": "FR",
            }
        if number % 5:
            given["privacySettings"] = {"marketingEmailsEnabled": number % 2 == 0, "twoFactorEnabled": True}
        made.append(api.create(**{"lastName": f"Lang {number % 2}", **given})["id"])
    asyncio.run(change(shared_database, made))
    return made


@pytest.fixture(scope="module")
def cursor(api: Api, ids: list[str]) -> str:
    """A place in the middle of the customers."""
    page = api.data("{ customers(first: 9) { pageInfo { endCursor } } }")["customers"]
    assert len(ids) > 9
    return str(page["pageInfo"]["endCursor"])


async def change(database: DatabaseSettings, ids: list[str]) -> None:
    """Give customers what no client could."""
    async with connected_in_schema(database) as connection:
        await connection.executemany(
            "UPDATE customers SET last_name = $2 WHERE customer_id = $1", list(zip(ids, NAMES, strict=False))
        )
        for id_, moment in zip(ids[len(NAMES) :], MOMENTS, strict=True):
            for table in "customers", "customer_emails", "customer_phone_numbers":
                await connection.execute(
                    f"UPDATE {table} SET created_at = '{moment}' WHERE customer_id = '{id_}'"
                )


def asked(api: Api, place: str, selection: str, **variables: Any) -> Any:
    """Return the answer, its members in their order; variables that the place has no use for are left out."""
    types = {"one": "ID!", "many": "[ID!]!", "cursor": "String"}
    used = {name: value for name, value in variables.items() if f"${name}" in place}
    declared = ", ".join([f"${name}: {types[name]}" for name in used])
    query = f"query {f'({declared})' if used else ''} {{ {place % selection} }}"
    text = api.post(query, **used).text
    assert "errors" not in text, text
    return json.loads(text, object_pairs_hook=list)


@given(st.data())
def test_what_is_written_is_what_is_read(api: Api, ids: list[str], cursor: str, data: st.DataObject) -> None:
    """A selection that is asked for again has the same answer, which is that to one with a directive."""
    place = data.draw(st.sampled_from(PLACES))
    selection = data.draw(selections("Customer"))
    assume(f"{place} {selection}".count(": ") < MOST_ALIASES)
    variables = {
        "one": data.draw(st.sampled_from([*ids, NOBODY])),
        "many": data.draw(st.lists(st.sampled_from([*ids, NOBODY]), max_size=10)),
        "cursor": cursor,
    }

    read = asked(api, place, f"id @include(if: true) {selection}", **variables)
    first = asked(api, place, f"id {selection}", **variables)
    written = asked(api, place, f"id {selection}", **variables)

    assert first == read
    assert written == read


@given(st.data())
def test_what_is_created_is_written_as_it_is_read(api: Api, data: st.DataObject) -> None:
    """A creation's answer, the first one of its shape or a later one, is what a query reads afterwards."""
    selection = data.draw(selections("Customer"))
    assume(selection.count(": ") < MOST_ALIASES)
    result = f"... on Problem {{ message }} ... on Customer {{ id {selection} }}"
    query = f"mutation ($input: CreateCustomerInput!) {{ createCustomer(input: $input) {{ {result} }} }}"

    for _ in range(2):
        answer = api.post(query, input=data.draw(NEW_CUSTOMERS)).text
        created = json.loads(answer, object_pairs_hook=list)
        id_ = json.loads(answer)["data"]["createCustomer"]["id"]
        read = asked(api, PLACES[0], f"id @include(if: true) {selection}", one=id_)

        assert member(created, "data", "createCustomer") == member(read, "data", "customer")


def member(pairs: Any, *keys: str) -> Any:
    """Return what is behind keys of objects that are pairs."""
    for key in keys:
        pairs = dict(pairs)[key]
    return pairs
