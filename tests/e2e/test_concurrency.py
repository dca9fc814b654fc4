"""Many clients at once, on the same customer."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.database import connected

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.settings import DatabaseSettings
    from tests.e2e.api import Api

CLIENTS = 16


def at_once(act: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what many clients got that acted at the same time."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(act, range(CLIENTS)))


def test_of_writers_that_saw_the_same_version_one_wins(api: Api) -> None:
    """All but one are told that the customer changed, and shown what the winner made of it."""
    customer = api.create()

    results = at_once(
        lambda number: api.mutate(
            "updateCustomer",
            id=customer["id"],
            firstName=f"Writer {number}",
            expectedUpdatedAt=customer["updatedAt"],
        )
    )

    assert Counter(result["__typename"] for result in results) == {
        "Customer": 1,
        "StaleCustomer": CLIENTS - 1,
    }
    [winner] = [result for result in results if result.pop("__typename") == "Customer"]
    assert all(result["current"] == winner for result in results if "current" in result)
    assert api.customer(customer["id"]) == winner


@pytest.mark.parametrize(
    ("mutation", "fields"),
    [
        ("addCustomerEmail", {"email": "new@example.com"}),
        ("updateCustomerEmail", {"emailId": 1, "isPrimary": True}),
        ("removeCustomerEmail", {"emailId": 1}),
        ("addCustomerPhoneNumber", {"type": "home", "number": "+4930123456"}),
        ("updateCustomerPhoneNumber", {"phoneNumberId": 0, "type": "home"}),
        ("removeCustomerPhoneNumber", {"phoneNumberId": 0}),
        ("deleteCustomer", {}),
    ],
)
def test_every_change_can_be_bound_to_a_version(api: Api, mutation: str, fields: dict[str, Any]) -> None:
    """Of clients that make the same change to the same version at once one wins, whatever the change."""
    customer = api.create(
        emails=[{"email": "a@example.com"}, {"email": "b@example.com"}],
        phoneNumbers=[{"type": "work", "number": "+14155552671"}],
    )
    own = {"id" if mutation == "deleteCustomer" else "customerId": customer["id"]}
    owned = {"emailId": customer["emails"], "phoneNumberId": customer["phoneNumbers"]}
    chosen = {name: owned[name][value]["id"] if name in owned else value for name, value in fields.items()}

    results = at_once(
        lambda _: api.mutate(mutation, **own, **chosen, expectedUpdatedAt=customer["updatedAt"])
    )

    [winner] = [result for result in results if result["__typename"] in ("Customer", "DeletedCustomer")]
    others = [result for result in results if result is not winner]
    assert {result["__typename"] for result in others} == {
        "NotFound" if mutation == "deleteCustomer" else "StaleCustomer"
    }
    assert all(
        result["current"]["updatedAt"] == winner["updatedAt"] for result in others if "current" in result
    )


def test_no_change_is_lost_without_a_version_either(api: Api) -> None:
    """Changes of different parts of one customer at the same time are all there in the end."""
    customer = api.create()

    at_once(
        lambda number: (
            api.change(
                "addCustomerPhoneNumber", customerId=customer["id"], type="work", number=f"+49151{number:08d}"
            )
            if number % 2
            else api.change("addCustomerEmail", customerId=customer["id"], email=f"{number}@example.com")
        )
    )

    changed = api.customer(customer["id"])
    assert changed
    assert len(changed["phoneNumbers"]) == len(changed["emails"]) == CLIENTS // 2


def test_one_email_address_is_primary_whoever_asks_for_it(api: Api) -> None:
    """Clients that each add a primary address at the same time leave exactly one primary one."""
    customer = api.create()

    results = at_once(
        lambda number: api.mutate(
            "addCustomerEmail", customerId=customer["id"], email=f"{number}@example.com", isPrimary=True
        )
    )

    assert [result["__typename"] for result in results] == ["Customer"] * CLIENTS
    for seen in (*results, api.customer(customer["id"]) or {}):
        assert [email["isPrimary"] for email in seen["emails"]].count(True) == 1


def test_the_same_email_address_is_added_once(api: Api) -> None:
    """Of clients that add the same address at the same time, one succeeds and the others hear why not."""
    customer = api.create()

    results = at_once(
        lambda _: api.mutate("addCustomerEmail", customerId=customer["id"], email="same@example.com")
    )

    assert Counter(result["__typename"] for result in results) == {"Customer": 1, "InvalidInput": CLIENTS - 1}
    assert all(result["issues"][0]["code"] == "DUPLICATE" for result in results if "issues" in result)


def change(api: Api, changes: list[tuple[str, dict[str, Any]]], number: int) -> dict[str, Any]:
    mutation, fields = changes[number % len(changes)]
    return api.mutate(mutation, **fields)


async def test_deleting_amid_changes_leaves_nothing(api: Api, shared_database: DatabaseSettings) -> None:
    """Whatever changes a customer while it is deleted, no row of it is left."""
    address = {"line1": "1", "city": "Paris", "state": "Paris", "postalCode": "75001", "country": "FR"}

    async def count() -> list[int]:
        return [
            await connection.fetchval(f"SELECT count(*) FROM {shared_database.schema_name}.{table}")
            for table in ("customers", "customer_emails", "customer_phone_numbers", "postal_addresses")
        ]

    async with connected(shared_database) as connection:
        before = await count()
        for _ in range(5):
            id_ = api.create(address=address, emails=[{"email": "a@example.com"}])["id"]
            changes: list[tuple[str, dict[str, Any]]] = [
                ("updateCustomer", {"id": id_, "address": address}),
                ("updateCustomer", {"id": id_, "address": None}),
                ("addCustomerEmail", {"customerId": id_, "email": "b@example.com"}),
                ("deleteCustomer", {"id": id_}),
            ]
            results = at_once(partial(change, api, changes))
            assert sum(result["__typename"] == "DeletedCustomer" for result in results) == 1
        assert await count() == before
