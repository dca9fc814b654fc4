"""Inputs to break, and what tells a refusal."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

JSON = {"content-type": "application/json"}
CREATE = 'mutation { createCustomer(input: {firstName: "Mallory", lastName: "M"}) { __typename } }'
REQUEST = json.dumps({"query": CREATE}).encode()
LONG = 80_000
PERSON = {"firstName": "Ada", "lastName": "Lovelace"}
ADDRESS = {
    "line1": "1 Main St",
    "line2": "Flat 2",
    "city": "San Francisco",
    "state": "CA",
    "postalCode": "94105",
    "country": "US",
}
WHOLE: dict[str, Any] = PERSON | {
    "middleName": "King",
    "emails": [{"email": "ada@example.com"}, {"email": "lovelace@example.com"}],
    "phoneNumbers": [{"type": "work", "number": "+4930123456"}, {"type": "home", "number": "+4930123457"}],
    "address": ADDRESS,
    "privacySettings": {"marketingEmailsEnabled": True, "twoFactorEnabled": False},
}


def replaced(fields: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return an input with another value at a path with dots."""
    fields = deepcopy(fields)
    *way, last = path.split(".")
    place: Any = fields
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value
    return fields


def codes(response: httpx.Response) -> set[str]:
    """Return the codes of an answer that consists of errors, each with a message."""
    answer = response.json()
    assert not answer.get("data")
    assert all(error["message"] for error in answer["errors"])
    return {error["extensions"]["code"] for error in answer["errors"]}
