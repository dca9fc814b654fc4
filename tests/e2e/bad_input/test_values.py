"""Values that are not acceptable: each is named with its place, and nothing of it is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.bad_input.inputs import (
    ADDRESS,
    LONG,
    PERSON,
    WHOLE,
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


PLACES = [
    *(("createCustomer", path, 255) for path in ("firstName", "middleName", "lastName")),
    *(("updateCustomer", path, 255) for path in ("firstName", "middleName", "lastName")),
    *(
        (mutation, f"address.{name}", limit)
        for mutation in ("createCustomer", "updateCustomer")
        for name, limit in (("line1", 255), ("line2", 255), ("city", 100), ("state", 100), ("postalCode", 20))
    ),
    ("createCustomer", "emails.1.email", 320),
    ("addCustomerEmail", "email", 320),
    ("updateCustomerEmail", "email", 320),
    ("createCustomer", "phoneNumbers.1.type", 20),
    ("addCustomerPhoneNumber", "type", 20),
    ("updateCustomerPhoneNumber", "type", 20),
    ("createCustomer", "phoneNumbers.1.number", 255),
    ("addCustomerPhoneNumber", "number", 255),
    ("updateCustomerPhoneNumber", "number", 255),
]


@pytest.mark.parametrize(("mutation", "path", "limit"), PLACES)
def test_text_that_cannot_be_kept_is_refused(
    api: Api, inputs: dict[str, dict[str, Any]], mutation: str, path: str, limit: int
) -> None:
    """Each text of each mutation has something to see, no control characters, and a length that fits."""
    for value, code in (
        ("", "BLANK"),
        (" \t\r\n\u3000", "BLANK"),
        ("\u200b\u2060\ufeff", "BLANK"),
        ("\u200b" * LONG, "BLANK"),
        ("\0", "INVALID_CHARACTER"),
        ("Ada\0", "INVALID_CHARACTER"),
        ("A\x1bda", "INVALID_CHARACTER"),
        ("A\nda", "INVALID_CHARACTER"),
        ("A\u2028da", "INVALID_CHARACTER"),
        ("A" * (limit + 1), "TOO_LONG"),
        ("\U0001f600" * (limit + 1), "TOO_LONG"),
        ("\u0958" * (limit // 2 + 1), "TOO_LONG"),
        ("A" * LONG, "TOO_LONG"),
    ):
        assert api.issues(mutation, **replaced(inputs[mutation], path, value)) == [(path, code)]


@pytest.mark.parametrize("character", ["A", "\U0001f600", "e\u0301", "\u0627"])
def test_length_is_counted_in_characters(api: Api, character: str) -> None:
    """255 characters are stored as they are, whatever their bytes are and however they were composed."""
    created = api.create(firstName=character * 255, lastName=f" {character * 255} ")

    assert len(created["firstName"]) == 255
    assert created["lastName"] == created["firstName"]
    assert api.customer(created["id"]) == created
    assert api.mutate("deleteCustomer", id=created["id"])["__typename"] == "DeletedCustomer"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=20))
def test_any_text_is_refused_or_stored_as_it_is_answered(api: Api, text: str) -> None:
    """Whatever a name is, it is an issue, or PostgreSQL keeps exactly what the mutation answered."""
    result = api.mutate("createCustomer", firstName=text, lastName="Lovelace")

    if result.pop("__typename") == "Customer":
        assert api.customer(result["id"]) == result
        assert api.mutate("deleteCustomer", id=result["id"])["__typename"] == "DeletedCustomer"
    else:
        assert [issue["path"] for issue in result["issues"]] == [["firstName"]]


@pytest.mark.parametrize(
    ("code", "paths", "values"),
    [
        (
            "INVALID_EMAIL",
            {"createCustomer": "emails.1.email", "addCustomerEmail": "email", "updateCustomerEmail": "email"},
            [
                "ada",
                "ada@",
                "@example.com",
                "ada@localhost",
                "a b@example.com",
                "Ada <a@example.com>",
                "a@[::1]",
            ],
        ),
        (
            "INVALID_PHONE_NUMBER",
            {
                "createCustomer": "phoneNumbers.1.number",
                "addCustomerPhoneNumber": "number",
                "updateCustomerPhoneNumber": "number",
            },
            [
                "4155552671",
                "0049 30 123456",
                "+",
                "+1",
                "+1 415",
                "+ABCDEFGHIJK",
                "call me",
                "+14155552671 ext. 5",
            ],
        ),
        (
            "INVALID_COUNTRY",
            {"createCustomer": "address.country", "updateCustomer": "address.country"},
            ["XX", "XK", "UK", "USA", "Germany", "1", "\u00df", "U\u017f", "A" * LONG],
        ),
    ],
)
def test_values_that_do_not_exist_are_refused(
    api: Api, inputs: dict[str, dict[str, Any]], code: str, paths: dict[str, str], values: list[str]
) -> None:
    """E-mail addresses, phone numbers and countries are checked wherever they can be given."""
    for mutation, path in paths.items():
        for value in values:
            assert api.issues(mutation, **replaced(inputs[mutation], path, value)) == [(path, code)]


@pytest.mark.parametrize("mutation", ["createCustomer", "updateCustomer"])
@pytest.mark.parametrize(
    ("country", "postal_code"),
    [("US", "9410"), ("US", "SW1A 1AA"), ("gb", "94105"), ("GB", "SW1A"), ("DE", "1011"), ("FR", "F-75002")],
)
def test_a_postal_code_of_another_country_is_refused(
    api: Api, inputs: dict[str, dict[str, Any]], mutation: str, country: str, postal_code: str
) -> None:
    """A postal code has the format of the address's country."""
    address = ADDRESS | {"country": country, "postalCode": postal_code}

    assert api.issues(mutation, **inputs[mutation] | {"address": address}) == [
        ("address.postalCode", "INVALID_POSTAL_CODE")
    ]


def test_a_country_without_postal_codes_takes_any(api: Api) -> None:
    """Hong Kong has no postal codes, so whatever is given for one is kept."""
    created = api.create(address=ADDRESS | {"country": "HK", "postalCode": "none"})

    assert created["address"]["postalCode"] == "none"
    assert api.mutate("deleteCustomer", id=created["id"])["__typename"] == "DeletedCustomer"


@pytest.mark.parametrize(
    ("mutation", "path"),
    [
        ("updateCustomer", "firstName"),
        ("updateCustomer", "lastName"),
        ("updateCustomerEmail", "email"),
        ("updateCustomerPhoneNumber", "type"),
        ("updateCustomerPhoneNumber", "number"),
    ],
)
def test_what_every_record_has_cannot_be_cleared(
    api: Api, inputs: dict[str, dict[str, Any]], mutation: str, path: str
) -> None:
    """Null for a value that every record has is REQUIRED."""
    assert api.issues(mutation, **inputs[mutation] | {path: None}) == [(path, "REQUIRED")]


@pytest.mark.parametrize("position", [0, 1])
def test_the_primary_role_cannot_be_dropped(api: Api, customer: dict[str, Any], position: int) -> None:
    """isPrimary: false is INVALID_VALUE, for the primary address and for another one."""
    fields = {"customerId": customer["id"], "emailId": customer["emails"][position]["id"]}

    assert api.issues("updateCustomerEmail", **fields, isPrimary=False) == [("isPrimary", "INVALID_VALUE")]


def test_what_the_customer_has_is_a_duplicate(
    api: Api, customer: dict[str, Any], inputs: dict[str, dict[str, Any]]
) -> None:
    """An address or number that the customer has already is a DUPLICATE, however it is written."""
    address, number = customer["emails"][0]["email"], customer["phoneNumbers"][0]["number"]
    for email in (address, f" {address} ", address.replace("example", "EXAMPLE")):
        for mutation in ("addCustomerEmail", "updateCustomerEmail"):
            fields = inputs[mutation] | {"email": email, "isPrimary": True}
            assert api.issues(mutation, **fields) == [("email", "DUPLICATE")]
    for written in (number, f"{number[:3]} ({number[3:5]}) {number[5:]}"):
        for mutation in ("addCustomerPhoneNumber", "updateCustomerPhoneNumber"):
            assert api.issues(mutation, **inputs[mutation] | {"number": written}) == [("number", "DUPLICATE")]


def test_a_list_names_each_once(api: Api) -> None:
    """Every repeat in a list is a DUPLICATE, and every primary address after the first one too many."""
    emails = [
        {"email": "a@example.com", "isPrimary": True},
        {"email": "b@example.com", "isPrimary": True},
        {"email": "a@EXAMPLE.com", "isPrimary": False},
        {"email": " a@example.com", "isPrimary": True},
    ]
    numbers = [
        {"type": str(i), "number": number} for i, number in enumerate(["+4930123456", "+49 30 123456"])
    ]

    assert api.issues("createCustomer", **PERSON, emails=emails, phoneNumbers=numbers) == [
        ("emails.2.email", "DUPLICATE"),
        ("emails.3.email", "DUPLICATE"),
        ("emails.1.isPrimary", "MULTIPLE_PRIMARY"),
        ("emails.3.isPrimary", "MULTIPLE_PRIMARY"),
        ("phoneNumbers.1.number", "DUPLICATE"),
    ]


def test_contacts_beyond_a_hundred_are_too_many(api: Api) -> None:
    """A customer may have 100 addresses and 100 numbers, whether given at once or one by one."""
    emails = [{"email": f"{i}@example.com"} for i in range(100)]
    numbers = [{"type": "work", "number": f"+4930{i}"} for i in range(123456, 123556)]
    more = {
        "emails": [*emails, {"email": "nope"}],
        "phoneNumbers": [*numbers, {"type": "", "number": "nope"}],
    }

    assert api.issues("createCustomer", **PERSON, **more) == [
        ("emails", "TOO_MANY"),
        ("phoneNumbers", "TOO_MANY"),
    ]

    full = api.create(emails=emails, phoneNumbers=numbers)["id"]
    assert api.issues("addCustomerEmail", customerId=full, email="more@example.com", isPrimary=True) == [
        ("email", "TOO_MANY")
    ]
    assert api.issues("addCustomerPhoneNumber", customerId=full, type="work", number="+4930654321") == [
        ("number", "TOO_MANY")
    ]
    assert api.mutate("deleteCustomer", id=full)["__typename"] == "DeletedCustomer"


def test_every_fault_is_named_at_once(api: Api) -> None:
    """One answer has all that is wrong with an input, each with the path that leads to it."""
    assert sorted(
        api.issues(
            "createCustomer",
            firstName=" ",
            middleName="\0",
            lastName="A" * 256,
            emails=[{"email": "ada@example.com"}, {"email": "ada"}, {"email": "\u200b"}],
            phoneNumbers=[{"type": "A" * 21, "number": "+1"}, {"type": "\n", "number": "+4930123456"}],
            address=ADDRESS | {"line1": "", "city": "A\0", "country": "DE"},
            privacySettings=WHOLE["privacySettings"],
        )
    ) == [
        ("address.city", "INVALID_CHARACTER"),
        ("address.line1", "BLANK"),
        ("emails.1.email", "INVALID_EMAIL"),
        ("emails.2.email", "BLANK"),
        ("firstName", "BLANK"),
        ("lastName", "TOO_LONG"),
        ("middleName", "INVALID_CHARACTER"),
        ("phoneNumbers.0.number", "INVALID_PHONE_NUMBER"),
        ("phoneNumbers.0.type", "TOO_LONG"),
        ("phoneNumbers.1.type", "BLANK"),
    ]


def test_every_fault_of_a_change_is_named_at_once(api: Api) -> None:
    """A change names the ids that are none beside the values that are wrong."""
    assert api.issues("updateCustomer", id="x", firstName=None, middleName=" ") == [
        ("id", "INVALID_ID"),
        ("firstName", "REQUIRED"),
        ("middleName", "BLANK"),
    ]
    assert sorted(api.issues("addCustomerEmail", customerId="x", email="ada")) == [
        ("customerId", "INVALID_ID"),
        ("email", "INVALID_EMAIL"),
    ]
    assert sorted(
        api.issues("updateCustomerPhoneNumber", customerId="x", phoneNumberId="y", type="\0", number="1")
    ) == [
        ("customerId", "INVALID_ID"),
        ("number", "INVALID_PHONE_NUMBER"),
        ("phoneNumberId", "INVALID_ID"),
        ("type", "INVALID_CHARACTER"),
    ]
