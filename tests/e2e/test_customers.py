"""The life of a customer, through the API alone."""

from __future__ import annotations

from datetime import datetime
from time import time_ns
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from tests.database import connected

if TYPE_CHECKING:
    from db.settings import DatabaseSettings
    from tests.e2e.api import Api

TABLES = ("customers", "customer_emails", "customer_phone_numbers", "postal_addresses", "privacy_settings")
WHOLE: dict[str, Any] = {
    "firstName": "Grace",
    "middleName": "Brewster",
    "lastName": "Hopper",
    "emails": [{"email": "grace@example.com"}, {"email": "hopper@example.org", "isPrimary": True}],
    "phoneNumbers": [
        {"type": "mobile", "number": "+1 (415) 555-2671"},
        {"type": "work", "number": "+33 1 23 45 67 89"},
    ],
    "address": {
        "line1": "1 Rue de la Paix",
        "line2": "Escalier B",
        "city": "Paris",
        "state": "Île-de-France",
        "postalCode": "75002",
        "country": "fr",
    },
    "privacySettings": {"marketingEmailsEnabled": False, "twoFactorEnabled": True},
}


def addresses(customer: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(email["email"], email["isPrimary"]) for email in customer["emails"]]


def numbers(customer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(number["type"], number["number"]) for number in customer["phoneNumbers"]]


def test_a_whole_customer_is_stored_as_it_was_given(api: Api) -> None:
    """What is created is answered in full, in normal form, and read back the same."""
    created = api.create(**WHOLE)

    assert (created["firstName"], created["middleName"], created["lastName"]) == (
        "Grace",
        "Brewster",
        "Hopper",
    )
    assert addresses(created) == [("hopper@example.org", True), ("grace@example.com", False)]
    assert created["primaryEmail"] == {"email": "hopper@example.org"}
    assert numbers(created) == [("mobile", "+14155552671"), ("work", "+33123456789")]
    assert created["address"] == WHOLE["address"] | {"country": "FR"}
    assert created["privacySettings"] == WHOLE["privacySettings"]
    assert created["createdAt"] == created["updatedAt"]
    assert datetime.fromisoformat(created["createdAt"]).utcoffset() is not None
    assert api.customer(created["id"]) == created


def test_only_names_are_needed(api: Api) -> None:
    """A customer may have nothing but a first and a last name."""
    created = api.create(middleName=None, emails=None, phoneNumbers=[], address=None, privacySettings=None)

    assert created["emails"] == created["phoneNumbers"] == []
    assert (created["primaryEmail"], created["address"], created["privacySettings"]) == (None, None, None)
    assert api.customer(created["id"]) == created


def test_ids_ascend_with_time(api: Api) -> None:
    """Ids are UUIDs of version 7: their first 48 bits are the millisecond of the creation."""
    before = time_ns() // 1_000_000
    ids = [UUID(api.create()["id"]) for _ in range(5)]
    after = time_ns() // 1_000_000

    assert ids == sorted(ids)
    assert {id_.version for id_ in ids} == {7}
    assert all(before <= id_.int >> 80 <= after for id_ in ids)


def test_text_is_stored_trimmed_and_composed(api: Api) -> None:
    """Surrounding blanks go, and decomposed letters become the composed ones."""
    created = api.create(firstName="  Zoe\u0308 ", lastName="\tO'Neill\n")

    assert (created["firstName"], created["lastName"]) == ("Zo\u00eb", "O'Neill")


def test_the_first_email_address_is_primary_unless_another_says_so(api: Api) -> None:
    """Without isPrimary anywhere, the first address of a new customer is the primary one."""
    created = api.create(emails=[{"email": "a@example.com", "isPrimary": False}, {"email": "b@example.com"}])

    assert addresses(created) == [("a@example.com", True), ("b@example.com", False)]


def test_fields_left_out_of_an_update_stay(api: Api) -> None:
    """An update changes what it names and nothing else."""
    before = api.create(**WHOLE)

    after = api.change("updateCustomer", id=before["id"], firstName="Amazing Grace")

    assert after == before | {"firstName": "Amazing Grace", "updatedAt": after["updatedAt"]}
    assert api.customer(before["id"]) == after


def test_nullable_fields_are_cleared_by_null(api: Api) -> None:
    """Null takes away the middle name, the address and the settings, and no row of theirs is left."""
    before = api.create(**WHOLE)

    after = api.change("updateCustomer", id=before["id"], middleName=None, address=None, privacySettings=None)

    assert (after["middleName"], after["address"], after["privacySettings"]) == (None, None, None)
    assert api.customer(before["id"]) == after


def test_an_address_is_replaced_as_a_whole(api: Api) -> None:
    """A new address does not keep a line of the old one, whether there was one or not."""
    address = {
        "line1": "Unter den Linden 1",
        "city": "Berlin",
        "state": "BE",
        "postalCode": "10117",
        "country": "DE",
    }
    for fields in (WHOLE, {}):
        before = api.create(**fields)

        after = api.change(
            "updateCustomer",
            id=before["id"],
            address=address,
            privacySettings={"marketingEmailsEnabled": True, "twoFactorEnabled": True},
        )

        assert after["address"] == address | {"line2": None}
        assert after["privacySettings"] == {"marketingEmailsEnabled": True, "twoFactorEnabled": True}


@pytest.mark.parametrize("field", ["firstName", "lastName"])
def test_names_cannot_be_cleared(api: Api, field: str) -> None:
    """Null for a name that every customer has is refused, and the customer stays as it was."""
    before = api.create()

    assert api.issues("updateCustomer", id=before["id"], **{field: None}) == [(field, "REQUIRED")]
    assert api.customer(before["id"]) == before


def test_email_addresses_are_added_changed_and_removed(api: Api) -> None:
    """The primary role goes to the first added, to whom it is given, and to the oldest left."""
    id_ = api.create()["id"]

    added = api.change("addCustomerEmail", customerId=id_, email="one@EXAMPLE.com", isPrimary=False)
    assert addresses(added) == [("one@example.com", True)]
    added = api.change("addCustomerEmail", customerId=id_, email="two@example.com")
    added = api.change("addCustomerEmail", customerId=id_, email="three@example.com", isPrimary=True)
    assert addresses(added) == [
        ("three@example.com", True),
        ("one@example.com", False),
        ("two@example.com", False),
    ]
    two = added["emails"][2]["id"]

    changed = api.change("updateCustomerEmail", customerId=id_, emailId=two, isPrimary=True)
    assert addresses(changed)[0] == ("two@example.com", True)
    changed = api.change("updateCustomerEmail", customerId=id_, emailId=two, email="2@example.com")
    assert addresses(changed)[0] == ("2@example.com", True)

    removed = api.change("removeCustomerEmail", customerId=id_, emailId=two)
    assert addresses(removed) == [("one@example.com", True), ("three@example.com", False)]
    assert api.customer(id_) == removed


def test_the_last_email_address_can_be_removed(api: Api) -> None:
    """A customer may be left without any address, and the next one added is primary again."""
    customer = api.create(emails=[{"email": "only@example.com"}])

    removed = api.change(
        "removeCustomerEmail", customerId=customer["id"], emailId=customer["emails"][0]["id"]
    )
    assert removed["emails"] == []
    added = api.change("addCustomerEmail", customerId=customer["id"], email="next@example.com")
    assert addresses(added) == [("next@example.com", True)]


def test_phone_numbers_are_added_changed_and_removed(api: Api) -> None:
    """Phone numbers keep the order in which they were added."""
    id_ = api.create()["id"]

    api.change("addCustomerPhoneNumber", customerId=id_, type="mobile", number="+44 20 7946 0958")
    added = api.change("addCustomerPhoneNumber", customerId=id_, type="work", number="+4930123456")
    assert numbers(added) == [("mobile", "+442079460958"), ("work", "+4930123456")]
    first, second = (number["id"] for number in added["phoneNumbers"])

    api.change("updateCustomerPhoneNumber", customerId=id_, phoneNumberId=first, type="home")
    changed = api.change(
        "updateCustomerPhoneNumber", customerId=id_, phoneNumberId=first, number="+442079460959"
    )
    assert numbers(changed) == [("home", "+442079460959"), ("work", "+4930123456")]

    removed = api.change("removeCustomerPhoneNumber", customerId=id_, phoneNumberId=second)
    assert numbers(removed) == [("home", "+442079460959")]


async def test_deleting_leaves_no_row_behind(api: Api, shared_database: DatabaseSettings) -> None:
    """A deleted customer takes its rows in all five tables along, and nobody else's."""

    async def rows() -> dict[str, int]:
        count = f"SELECT count(*) FROM {shared_database.schema_name}."
        return {table: await connection.fetchval(count + table) for table in TABLES}

    async with connected(shared_database) as connection:
        api.create(**WHOLE)
        before = await rows()
        id_ = api.create(**WHOLE)["id"]
        assert await rows() == {
            table: count + (2 if table in ("customer_emails", "customer_phone_numbers") else 1)
            for table, count in before.items()
        }

        assert api.mutate("deleteCustomer", id=id_) == {"__typename": "DeletedCustomer", "id": id_}

        assert await rows() == before
        assert api.customer(id_) is None


def test_every_change_moves_updated_at_forward(api: Api) -> None:
    """Each mutation leaves a later updatedAt than the one before it, and createdAt as it was."""
    customer = api.create(**WHOLE)
    seen = [customer["updatedAt"]]
    id_, email, number = customer["id"], customer["emails"][1]["id"], customer["phoneNumbers"][0]["id"]
    changes: list[tuple[str, dict[str, Any]]] = [
        ("updateCustomer", {"id": id_, "lastName": "Murray"}),
        ("updateCustomer", {"id": id_, "address": None}),
        ("updateCustomer", {"id": id_, "privacySettings": WHOLE["privacySettings"]}),
        ("addCustomerEmail", {"customerId": id_, "email": "new@example.com"}),
        ("updateCustomerEmail", {"customerId": id_, "emailId": email, "isPrimary": True}),
        ("removeCustomerEmail", {"customerId": id_, "emailId": email}),
        ("addCustomerPhoneNumber", {"customerId": id_, "type": "fax", "number": "+4930123456"}),
        ("updateCustomerPhoneNumber", {"customerId": id_, "phoneNumberId": number, "type": "old"}),
        ("removeCustomerPhoneNumber", {"customerId": id_, "phoneNumberId": number}),
    ]
    for mutation, fields in changes:
        changed = api.change(mutation, **fields)
        assert changed["createdAt"] == customer["createdAt"]
        seen.append(changed["updatedAt"])

    assert seen == sorted(set(seen))


MISSING = str(uuid4())


@pytest.mark.parametrize(
    ("mutation", "fields"),
    [
        ("updateCustomer", {"id": MISSING, "firstName": "Nobody"}),
        ("deleteCustomer", {"id": MISSING}),
        ("addCustomerEmail", {"customerId": MISSING, "email": "nobody@example.com"}),
        ("updateCustomerEmail", {"customerId": MISSING, "emailId": "1", "isPrimary": True}),
        ("removeCustomerEmail", {"customerId": MISSING, "emailId": "1"}),
        ("addCustomerPhoneNumber", {"customerId": MISSING, "type": "work", "number": "+4930123456"}),
        ("updateCustomerPhoneNumber", {"customerId": MISSING, "phoneNumberId": "1", "type": "home"}),
        ("removeCustomerPhoneNumber", {"customerId": MISSING, "phoneNumberId": "1"}),
    ],
)
def test_what_is_not_there_is_not_found(api: Api, mutation: str, fields: dict[str, Any]) -> None:
    """A mutation of a customer that does not exist answers NotFound with its id."""
    problem = api.mutate(mutation, **fields)

    assert (problem["__typename"], problem["id"]) == ("NotFound", MISSING)


@pytest.mark.parametrize("mutation", ["updateCustomerEmail", "removeCustomerEmail"])
def test_another_customers_email_address_is_out_of_reach(api: Api, mutation: str) -> None:
    """Naming an address of another customer answers NotFound and changes neither customer."""
    own = api.create(emails=[{"email": "own@example.com"}])
    other = api.create(emails=[{"email": "other@example.com"}, {"email": "second@example.com"}])
    theirs = other["emails"][1]["id"]
    fields = {"isPrimary": True} if mutation == "updateCustomerEmail" else {}

    problem = api.mutate(mutation, customerId=own["id"], emailId=theirs, **fields)

    assert (problem["__typename"], problem["id"]) == ("NotFound", theirs)
    assert (api.customer(own["id"]), api.customer(other["id"])) == (own, other)


@pytest.mark.parametrize("mutation", ["updateCustomerPhoneNumber", "removeCustomerPhoneNumber"])
def test_another_customers_phone_number_is_out_of_reach(api: Api, mutation: str) -> None:
    """Naming a phone number of another customer answers NotFound and changes neither customer."""
    own = api.create(phoneNumbers=[{"type": "work", "number": "+4930123456"}])
    other = api.create(phoneNumbers=[{"type": "work", "number": "+4930123457"}])
    theirs = other["phoneNumbers"][0]["id"]
    fields = {"type": "stolen"} if mutation == "updateCustomerPhoneNumber" else {}

    problem = api.mutate(mutation, customerId=own["id"], phoneNumberId=theirs, **fields)

    assert (problem["__typename"], problem["id"]) == ("NotFound", theirs)
    assert (api.customer(own["id"]), api.customer(other["id"])) == (own, other)


def test_a_change_of_an_old_version_is_refused(api: Api) -> None:
    """Who names an updatedAt that has passed gets the customer as it is now, which stays untouched."""
    before = api.create(**WHOLE)
    now = api.change(
        "updateCustomer", id=before["id"], lastName="Murray", expectedUpdatedAt=before["updatedAt"]
    )

    for mutation, fields in (
        ("updateCustomer", {"id": before["id"], "firstName": "Late"}),
        ("deleteCustomer", {"id": before["id"]}),
        ("addCustomerEmail", {"customerId": before["id"], "email": "late@example.com"}),
        (
            "removeCustomerPhoneNumber",
            {"customerId": before["id"], "phoneNumberId": before["phoneNumbers"][0]["id"]},
        ),
    ):
        problem = api.mutate(mutation, **fields, expectedUpdatedAt=before["updatedAt"])
        assert (problem["__typename"], problem["current"]) == ("StaleCustomer", now)

    assert api.customer(before["id"]) == now


def test_the_same_moment_in_another_offset_is_the_same_version(api: Api) -> None:
    """expectedUpdatedAt is compared as a moment, not as text."""
    customer = api.create()
    moment = datetime.fromisoformat(customer["updatedAt"])
    elsewhere = moment.astimezone().isoformat().replace("+00:00", "Z")

    assert api.change("updateCustomer", id=customer["id"], lastName="King", expectedUpdatedAt=elsewhere)


def test_mutations_of_one_request_each_show_their_own_moment(api: Api) -> None:
    """Of several changes in one operation, each answers with the customer as it was right after it."""
    id_ = api.create()["id"]

    answer = api.data(
        """mutation ($id: ID!) {
          one: addCustomerEmail(input: {customerId: $id, email: "1@example.com"}) { ...emails }
          two: addCustomerEmail(input: {customerId: $id, email: "2@example.com"}) { ...emails }
          three: addCustomerEmail(input: {customerId: $id, email: "1@example.com"}) { ...emails }
        }
        fragment emails on UpdateCustomerResult {
          ... on Customer { emails { email } }
          ... on InvalidInput { issues { path code } }
        }""",
        id=id_,
    )

    assert answer == {
        "one": {"emails": [{"email": "1@example.com"}]},
        "two": {"emails": [{"email": "1@example.com"}, {"email": "2@example.com"}]},
        "three": {"issues": [{"path": ["email"], "code": "DUPLICATE"}]},
    }


def test_nodes_are_customers_in_the_order_asked_for(api: Api) -> None:
    """`node` and `nodes` find customers by id, in the order asked for; what is not there is null."""
    ada, grace = api.create(), api.create(**WHOLE)

    data = api.data(
        """query ($id: ID!, $ids: [ID!]!) {
          node(id: $id) { __typename id ... on Customer { address { city } } }
          nodes(ids: $ids) { id ... on Customer { firstName } }
          missing: node(id: "7c9e6679-7425-40de-944b-e07fc1f90ae7") { id }
        }""",
        id=grace["id"],
        ids=[grace["id"], MISSING, ada["id"], grace["id"].upper()],
    )

    assert data["node"] == {"__typename": "Customer", "id": grace["id"], "address": {"city": "Paris"}}
    found = {"id": grace["id"], "firstName": "Grace"}
    assert data["nodes"] == [found, None, {"id": ada["id"], "firstName": "Ada"}, found]
    assert data["missing"] is None
