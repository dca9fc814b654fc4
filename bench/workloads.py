"""The operations that contestants are asked for, and the values that they are asked with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from random import Random

PAGE_SIZE: Final = 50

_NAMES = "id firstName middleName lastName"
_WHOLE = f"""{_NAMES}
  emails {{ email isPrimary }}
  phoneNumbers {{ type number }}
  address {{ line1 line2 city state postalCode country }}
  privacySettings {{ marketingEmailsEnabled twoFactorEnabled }}"""
_AROUND = "pageInfo { hasNextPage endCursor }"


@dataclass(frozen=True, slots=True)
class Workload:
    """One operation; `variable` is what its document takes, if anything."""

    name: str
    title: str
    document: str
    variable: str | None = None

    def body(self, value: object = None) -> str:
        """Return the body of a request, with a value for the variable."""
        variables = {"variables": {self.variable: value}} if self.variable else {}
        return orjson.dumps({"query": self.document} | variables).decode()


def page(size: int, fields: str = _WHOLE) -> str:
    """Return a document that reads the first so many customers."""
    return f"query Page {{ customers(first: {size}) {{ edges {{ node {{ {fields} }} }} {_AROUND} }} }}"


ONE: Final = Workload(
    "W1",
    "one customer by id, everything nested",
    f"query One($id: ID!) {{ customer(id: $id) {{ {_WHOLE} }} }}",
    "id",
)
PAGE: Final = Workload("W2i", f"page of {PAGE_SIZE}, everything nested", page(PAGE_SIZE))
FLAT: Final = Workload("W3i", f"page of {PAGE_SIZE}, flat", page(PAGE_SIZE, f"{_NAMES} createdAt updatedAt"))
CREATE: Final = Workload(
    "W4",
    "create a whole customer",
    "mutation Create($input: CreateCustomerInput!)"
    f" {{ createCustomer(input: $input) {{ ... on Customer {{ {_WHOLE} }} }} }}",
    "input",
)
TRIVIAL: Final = Workload("W5", "`{ __typename }`", "{ __typename }")

WORKLOADS: Final = (ONE, PAGE, FLAT, CREATE, TRIVIAL)


@dataclass(frozen=True, slots=True)
class Values:
    """What to ask for: ids of customers that there are, and customers to create.

    Each `#` in a customer to create stands for any digit.
    """

    ids: list[str]
    inputs: list[dict[str, Any]]

    def bodies(self, workload: Workload) -> list[str]:
        """Return the bodies that a workload's requests are chosen from."""
        values: dict[str, list[Any]] = {ONE.name: self.ids, CREATE.name: self.inputs}
        return [workload.body(value) for value in values.get(workload.name, [None])]


def customer_input(customer: dict[str, Any]) -> dict[str, Any]:
    """Return the input for a customer with the names, the address and the settings of another one."""
    kept = ("firstName", "middleName", "lastName", "address", "privacySettings")
    return {name: customer[name] for name in kept} | {
        "emails": [
            {"email": "new.##########@example.com", "isPrimary": True},
            {"email": "new.##########@example.org", "isPrimary": False},
        ],
        # What precedes the digits makes any of them a valid number.
        "phoneNumbers": [
            {"type": "mobile", "number": "+4915123######"},
            {"type": "work", "number": "+493023######"},
        ],
    }


def filled(value: dict[str, Any], random: Random) -> dict[str, Any]:
    """Return a customer to create with digits in it, as the load has them."""
    text = orjson.dumps(value).decode()
    result: dict[str, Any] = orjson.loads(
        "".join(str(random.randrange(10)) if letter == "#" else letter for letter in text)
    )
    return result
