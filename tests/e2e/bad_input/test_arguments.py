"""Arguments and inputs of the wrong type, pages that are none, and ids that are none: nothing is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.e2e.bad_input.inputs import (
    LONG,
    PERSON,
    codes,
    replaced,
)

if TYPE_CHECKING:
    from tests.e2e.api import Api


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("firstName", 5),
        ("firstName", True),
        ("firstName", ["Ada"]),
        ("firstName", {"text": "Ada"}),
        ("lastName", None),
        ("lastName", 1.5),
        ("nope", "x"),
        ("emails", "ada@example.com"),
        ("emails", [None]),
        ("emails", [["ada@example.com"]]),
        ("emails.1.email", 5),
        ("emails.1.isPrimary", "true"),
        ("emails.1.isPrimary", 1),
        ("emails.1.nope", True),
        ("phoneNumbers.1.type", None),
        ("phoneNumbers.1.number", 4930123456),
        ("address", "1 Main St"),
        ("address", []),
        ("address.country", None),
        ("address.nope", "x"),
        ("privacySettings.twoFactorEnabled", "yes"),
        ("privacySettings", {"twoFactorEnabled": True}),
    ],
)
def test_a_value_of_another_type_is_refused(
    api: Api, inputs: dict[str, dict[str, Any]], path: str, value: object
) -> None:
    """A value of a wrong type is refused before anything runs, with the place where it stands."""
    query = "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { __typename } }"
    response = api.post(query, input=replaced(inputs["createCustomer"], path, value))

    assert (response.status_code, codes(response)) == (400, {"GRAPHQL_VALIDATION_FAILED"})
    [error] = response.json()["errors"]
    assert "$input" in error["message"]
    assert path.rpartition(".")[2] in error["message"]


@pytest.mark.parametrize("value", [None, 5, "x", [], [PERSON, PERSON], {}])
def test_an_input_that_is_none_is_refused(api: Api, value: object) -> None:
    """In place of an input, anything that is not an object with its required fields is refused."""
    response = api.post(
        "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { __typename } }",
        input=value,
    )

    assert (response.status_code, codes(response)) == (400, {"GRAPHQL_VALIDATION_FAILED"})


@pytest.mark.parametrize(
    "value", ["", "yesterday", "2026-01-31", "2026-02-30T00:00:00Z", 1769862600, True, []]
)
def test_a_version_that_is_no_moment_is_refused(
    api: Api, inputs: dict[str, dict[str, Any]], value: object
) -> None:
    """expectedUpdatedAt must be an RFC 3339 timestamp, or the change is not tried."""
    for mutation in inputs.keys() - {"createCustomer"}:
        type_ = mutation[0].upper() + mutation[1:] + "Input"
        query = f"mutation ($input: {type_}!) {{ {mutation}(input: $input) {{ __typename }} }}"
        response = api.post(query, input=inputs[mutation] | {"expectedUpdatedAt": value})
        assert (response.status_code, codes(response)) == (400, {"GRAPHQL_VALIDATION_FAILED"})
        assert "RFC 3339" in response.text


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": -1},
        {"first": 101},
        {"first": 100_000},
        {"first": 2**31 - 1},
        {"last": -1},
        {"last": 101},
        {"first": 1, "last": 1},
        {"first": 0, "last": 0},
    ],
)
def test_a_page_of_no_size_is_refused(api: Api, arguments: dict[str, int]) -> None:
    """A page has 0 to 100 customers, counted from one end."""
    error = api.error(
        "query ($first: Int, $last: Int) { customers(first: $first, last: $last) { nodes { id } } }",
        **arguments,
    )

    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["path"] == ["customers"]
    assert error["message"].startswith("Give ")


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize("field", ["CREATED_AT", "UPDATED_AT", "LAST_NAME", "FIRST_NAME"])
def test_a_tampered_cursor_is_refused(api: Api, argument: str, field: str) -> None:
    """A cursor that was altered, made up, or read in another order is refused."""
    query = """query ($after: String, $before: String, $field: CustomerOrderField!) {
      customers(first: 1, after: $after, before: $before, orderBy: {field: $field}) { pageInfo { endCursor } }
    }"""
    cursor = api.data(query, field=field)["customers"]["pageInfo"]["endCursor"]
    elsewhere = api.data(query, field="LAST_NAME" if field != "LAST_NAME" else "FIRST_NAME")
    assert api.data(query, field=field, **{argument: cursor})

    for tampered in (
        "",
        "x",
        "\0",
        "é",
        cursor[:-1],
        cursor[1:],
        cursor + "A",
        cursor + cursor,
        cursor.swapcase(),
        cursor.rstrip("="),
        cursor[:20] + ("A" if cursor[20] != "A" else "B") + cursor[21:],
        "A" * LONG,
        str(uuid4()),
        elsewhere["customers"]["pageInfo"]["endCursor"],
    ):
        if tampered != cursor:
            error = api.error(query, field=field, **{argument: tampered})
            assert (error["extensions"], error["path"]) == ({"code": "BAD_USER_INPUT"}, ["customers"])
            assert "cursor" in error["message"]


UUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
BAD_UUIDS = [
    "",
    "5",
    UUID[:-1],
    UUID + "0",
    UUID[:-1] + "g",
    UUID[:-1] + "\0",
    UUID.replace("-", ""),
    "7c9e66797425-40de-944b-e07fc1f90ae7-",
    "7c9e_679-7425-40de-944b-e07fc1f90ae7",
    f"{{{UUID}}}",
    f"urn:uuid:{UUID}",
    "' OR 1=1 --",
    "a" * LONG,
]
BAD_NUMBERS = ["", "x", "-1", "1.5", "1e3", " 1", "1\0", "0x1", "1_0", "\u0663", "9" * 19, "9" * 5_000, UUID]


@pytest.mark.parametrize("id_", BAD_UUIDS, ids=lambda id_: ascii(id_)[:40])
def test_reading_by_what_is_no_id_is_refused(api: Api, id_: str) -> None:
    """customer, node and nodes say so when an id is not one, and go on with those that are."""
    answer = api.answer(
        """query ($id: ID!, $ids: [ID!]!) {
          customer(id: $id) { id }
          node(id: $id) { id }
          nodes(ids: $ids) { id }
        }""",
        id=id_,
        ids=[UUID, id_],
    )

    assert answer["data"] == {"customer": None, "node": None, "nodes": [None, None]}
    places = [(error["path"], error["extensions"]["code"]) for error in answer["errors"]]
    assert sorted(places, key=str) == sorted(
        [([*path], "BAD_USER_INPUT") for path in (["customer"], ["node"], ["nodes", 1])], key=str
    )


def test_too_many_ids_are_refused(api: Api) -> None:
    """nodes finds at most 100 at once."""
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    assert api.data(query, ids=[UUID] * 100) == {"nodes": [None] * 100}
    assert api.error(query, ids=[UUID] * 101)["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("mutation", "path"),
    [
        ("updateCustomer", "id"),
        ("deleteCustomer", "id"),
        ("addCustomerEmail", "customerId"),
        ("updateCustomerEmail", "customerId"),
        ("updateCustomerEmail", "emailId"),
        ("removeCustomerEmail", "customerId"),
        ("removeCustomerEmail", "emailId"),
        ("addCustomerPhoneNumber", "customerId"),
        ("updateCustomerPhoneNumber", "customerId"),
        ("updateCustomerPhoneNumber", "phoneNumberId"),
        ("removeCustomerPhoneNumber", "customerId"),
        ("removeCustomerPhoneNumber", "phoneNumberId"),
    ],
)
def test_changing_by_what_is_no_id_is_refused(
    api: Api, inputs: dict[str, dict[str, Any]], mutation: str, path: str
) -> None:
    """Each id of each mutation is INVALID_ID when it is not one, and NotFound when there is no such."""
    serial = path in ("emailId", "phoneNumberId")
    for value in BAD_NUMBERS if serial else BAD_UUIDS:
        assert api.issues(mutation, **inputs[mutation] | {path: value}) == [(path, "INVALID_ID")]

    for unknown in ("0", "2147483648", "9" * 18) if serial else (UUID, UUID.upper()):
        problem = api.mutate(mutation, **inputs[mutation] | {path: unknown})
        assert (problem["__typename"], problem["id"]) == ("NotFound", unknown.lower())


@pytest.mark.parametrize(
    "query",
    [
        """mutation ($id: ID!, $hide: Boolean = true) {
            deleteCustomer(input: {id: $id}) { ... on DeletedCustomer { id @skip(if: $hide) } }
        }""",
        """mutation ($id: ID!, $hide: Boolean = true) {
            deleteCustomer(input: {id: $id}) { ...f @include(if: $hide) }
        } fragment f on DeletedCustomer { id }""",
        """mutation ($id: ID!, $hide: Boolean = true) {
            deleteCustomer(input: {id: $id}) { ...f }
        } fragment f on DeletedCustomer { __typename ... @skip(if: $hide) { id } }""",
    ],
)
def test_null_that_a_mutation_would_come_upon_later(api: Api, query: str) -> None:
    """Null for a variable that may be left out, but not be null, is refused before anything is done."""
    id_ = api.create()["id"]

    error = api.error(query, id=id_, hide=None)

    assert "$hide" in error["message"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert api.customer(id_)
    assert api.data(query, id=id_)


def test_null_that_is_as_good_as_nothing(api: Api) -> None:
    """Null is taken for a variable that may be null where it is used."""
    query = """query ($first: Int = 1, $search: String = "x") {
        customers(first: $first, search: $search) { nodes { id } }
    }"""

    assert api.data(query, first=None, search=None)


def test_a_moment_that_is_none_is_found_in_the_document(api: Api) -> None:
    """A timestamp that is none is refused with its place, and an example of one."""
    error = api.error('{ customers(where: {createdAt: {gte: "yesterday"}}) { totalCount } }')

    assert "2026-01-31T12:30:00.123456Z" in error["message"]
    assert error["locations"] == [{"line": 1, "column": 38}]
