"""Values that are not acceptable: each is named with its place, and nothing of it is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.bad_input.inputs import (
    ADDRESS,
    LONG,
    PERSON,
    WHOLE,
    replaced,
)

if TYPE_CHECKING:
    from tests.e2e.api import Api


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
