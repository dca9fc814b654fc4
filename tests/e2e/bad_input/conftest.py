"""An honest customer among the attacks, and the rows that none of them may change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.bad_input.inputs import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import asyncpg

    from tests.e2e.api import Api


@pytest.fixture(scope="module")
def customer(api: Api) -> Iterator[dict[str, Any]]:
    """A customer to be attacked; another one can be created when all attacks are over."""
    yield api.create(**WHOLE)
    assert api.create(**WHOLE)["emails"]


@pytest.fixture(autouse=True)
def nothing_stored(
    api: Api, customer: dict[str, Any], stored: Callable[[], dict[str, set[asyncpg.Record]]]
) -> Iterator[None]:
    """Fail a test after which any row differs, or an honest request is not answered."""
    before = stored()
    assert all(before.values())
    yield
    assert stored() == before
    assert api.customer(customer["id"]) == customer


@pytest.fixture(scope="module")
def inputs(customer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """For each mutation an input that would be carried out."""
    id_, email, number = customer["id"], customer["emails"][1]["id"], customer["phoneNumbers"][1]["id"]
    return {
        "createCustomer": WHOLE,
        "updateCustomer": {
            "id": id_,
            **{k: v for k, v in WHOLE.items() if k not in ("emails", "phoneNumbers")},
        },
        "deleteCustomer": {"id": id_},
        "addCustomerEmail": {"customerId": id_, "email": "new@example.com"},
        "updateCustomerEmail": {"customerId": id_, "emailId": email, "email": "new@example.com"},
        "removeCustomerEmail": {"customerId": id_, "emailId": email},
        "addCustomerPhoneNumber": {"customerId": id_, "type": "work", "number": "+4930123458"},
        "updateCustomerPhoneNumber": {
            "customerId": id_,
            "phoneNumberId": number,
            "number": "+4930123458",
            "type": "x",
        },
        "removeCustomerPhoneNumber": {"customerId": id_, "phoneNumberId": number},
    }
