"""Customers, and what each filter finds of them as plain Python has it."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

Where: TypeAlias = dict[str, Any]

# Text in which each character that means something to SQL, LIKE or JSON stands for itself. There is no dotted
# capital I and no final sigma in it, of which Python's lower() makes something else than PostgreSQL's does.
NAMES = [
    "Ada",
    "ADA",
    "Adalbert",
    "100%",
    "100 percent",
    "under_score",
    "underXscore",
    "back\\slash",
    "back\\\\slash",
    "back\\%slash",
    "O'Neill",
    'the "Rock"',
    "Müller",
    "MÜLLER",
    "Zoë",
    "Straße",
    "Strasse",
    "Ægir",
    "李小龍",
    "Анна",
    "$1 {} {0} %s",
    "null",
    "a",
    "%",
    "_",
    "\\",
]
EMAILS = [
    "ada@example.com",
    "ADA@example.com",
    "a_b@example.com",
    "a%b@example.com",
    "axb@example.com",
    "o'neill@example.org",
    "müller@example.org",
    "anna+tag@example.net",
]
NUMBERS = ["+14155552671", "+14155552672", "+4930123456", "+4915112345678", "+33123456789"]
PLACES = [("FR", "75001"), ("FR", "75002"), ("DE", "10115"), ("US", "94105")]
MOMENTS = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(microseconds=number) for number in range(7)]
TEXTS = {
    "firstName": NAMES,
    "middleName": NAMES,
    "lastName": NAMES,
    "email": EMAILS,
    "phoneNumber": NUMBERS,
    "city": NAMES,
    "state": NAMES,
    "postalCode": [code for _, code in PLACES],
    "country": [country for country, _ in PLACES],
}
FLAGS = ("marketingEmailsEnabled", "twoFactorEnabled")


def people(chance: Random) -> Iterator[dict[str, Any]]:
    """Yield customers as the service takes them; about half of what is optional is not there."""
    for _ in range(60):
        country, code = chance.choice(PLACES)
        owned = {
            "address": {
                "line1": "1",
                "city": chance.choice(NAMES),
                "state": chance.choice(NAMES),
                "postal_code": code,
                "country": country,
            },
            "privacy_settings": {
                "marketing_emails_enabled": chance.random() < 0.5,
                "two_factor_enabled": chance.random() < 0.5,
            },
        }
        yield {
            "first_name": chance.choice(NAMES),
            "middle_name": chance.choice([*NAMES, *[None] * len(NAMES)]),
            "last_name": chance.choice(NAMES[:6]),
            "emails": [{"email": email} for email in chance.sample(EMAILS, chance.choice([0, 0, 1, 2, 3]))],
            "phone_numbers": [
                {"type": "x", "number": number}
                for number in chance.sample(NUMBERS, chance.choice([0, 0, 1, 2, 3]))
            ],
            **{name: value if chance.random() < 0.6 else None for name, value in owned.items()},
        }


def same_case(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def text_holds(value: str | None, test: Where) -> bool:
    if "isNull" in test and test["isNull"] is not (value is None):
        return False
    if value is None:
        return not test.keys() - {"isNull"}
    value = same_case(value)
    return (
        ("eq" not in test or value == same_case(test["eq"]))
        and ("in" not in test or value in map(same_case, test["in"]))
        and ("startsWith" not in test or value.startswith(same_case(test["startsWith"])))
        and ("contains" not in test or same_case(test["contains"]) in value)
    )


def moment_holds(value: datetime, test: Where) -> bool:
    given = {name: datetime.fromisoformat(text) for name, text in test.items()}
    return (
        ("gte" not in given or value >= given["gte"])
        and ("gt" not in given or value > given["gt"])
        and ("lte" not in given or value <= given["lte"])
        and ("lt" not in given or value < given["lt"])
    )


def holds(person: dict[str, Any], where: Where) -> bool:
    """Say whether a filter holds for a customer, which has a key for each field of filters."""
    for name, test in where.items():
        if name == "and":
            good = all(holds(person, part) for part in test)
        elif name == "or":
            good = any(holds(person, part) for part in test)
        elif name == "not":
            good = not holds(person, test)
        elif name == "id":
            eq, among = test.get("eq", person["id"]), test.get("in", [person["id"]])
            good = eq.lower() == person["id"] and person["id"] in map(str.lower, among)
        elif name in ("email", "phoneNumber"):
            good = any(text_holds(value, test) for value in person[name])
        elif name in TEXTS:
            good = text_holds(person[name], test)
        elif name in FLAGS:
            good = person[name] is test
        else:
            good = moment_holds(person[name], test)
        if not good:
            return False
    return True
