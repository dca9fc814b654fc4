"""Values made up at random: such as belong somewhere, and such as belong nowhere."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
    is_required_input_field,
)

from tests.e2e.attacks import INJECTIONS

if TYPE_CHECKING:
    from random import Random

    from graphql import GraphQLInputType, GraphQLNamedType

    from tests.e2e.api import Api

TEXTS: Final = (
    *INJECTIONS,
    *("", " ", "\0", "a\0b", "\x1b[0m", "\ud800", "\udfff\ud800", "\u202e", "\ufeff", "e\u0301"),
    *("null", "NaN", "1e999", "__proto__", "${7*7}", "../../etc/passwd", "a\r\nX-Injected: 1", "\U0001f600"),
    *("a" * 300, "\u0301" * 500, "9" * 400, "x" * 5_000),
)
NUMBERS: Final = (
    *(0, 1, -1, 5, 100, 101, 2**31 - 1, 2**31, -(2**31) - 1, 2**63, 2**64, 10**30),
    *(1.0, 1.5, 1e308, -0.0, float("inf"), float("nan")),
)
FITTING: Final = {
    "email": ("ada@example.com", "grace@example.com", "ada.lovelace+1@example.org"),
    "number": ("+4930123456", "+14155552671", "+493012345"),
    "type": ("work", "home"),
    "country": ("US", "DE", "GB"),
    "postalCode": ("94105", "10115", "SW1A 1AA"),
    "firstName": ("Ada", "Grace", "Zo\xeb"),
    "lastName": ("Lovelace", "Hopper", "O'Neil"),
    "search": ("ada", "lovelace gr", "+49 30", "ada@example"),
    "contains": ("a", "love", "+49"),
    "startsWith": ("Ad", "+49"),
}
"""For names of arguments and input fields, some texts that would be accepted."""


class Bare(str):
    """What stands in a document without quotes: a value of an enum, or a variable."""

    __slots__ = ()


def literal(value: Any) -> str:
    """Write a value as GraphQL does."""
    if isinstance(value, Bare):
        return str(value)
    if isinstance(value, dict):
        return "{" + " ".join(f"{name}: {literal(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + " ".join(map(literal, value)) + "]"
    return json.dumps(value, ensure_ascii=not isinstance(value, str) or len(value) % 2 == 0)


@dataclass
class Known:
    """What is in the database, to be asked for and changed."""

    ids: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)

    def look(self, api: Api) -> None:
        """Ask for it, as an honest client does."""
        query = """query ($by: CustomerOrder) { customers(first: 100, orderBy: $by) { edges { cursor
          node { id updatedAt emails { id } phoneNumbers { id } } } } }"""
        self.cursors = []
        for by in None, {"field": "LAST_NAME"}, {"field": "UPDATED_AT", "direction": "DESC"}:
            edges = api.data(query, by=by)["customers"]["edges"]
            nodes = [edge["node"] for edge in edges]
            self.cursors += [edge["cursor"] for edge in edges]
            self.ids = [node["id"] for node in nodes]
            self.moments = [node["updatedAt"] for node in nodes]
            self.contacts = [
                item["id"] for node in nodes for item in (*node["emails"], *node["phoneNumbers"])
            ]


class Values:
    """Makes up values; `variables` has the types and names of those that a document takes from outside."""

    def __init__(self, random: Random, known: Known) -> None:
        self.random = random
        self.known = known
        self.variables: dict[str, tuple[GraphQLInputType, str]] = {}

    def maybe(self, probability: float) -> bool:
        return self.random.random() < probability

    def value(self, type_: GraphQLInputType, name: str = "", *, inside: bool = False) -> Any:
        """Return a value of a type; `inside` of a variable, none in it is another variable."""
        if not inside and self.maybe(0.35):
            variable = f"v{len(self.variables)}"
            self.variables[variable] = type_, name
            return Bare(f"${variable}")
        if self.maybe(0.02):
            return self.anything()
        of = get_nullable_type(type_)
        match of:
            case _ if of is type_ and self.maybe(0.03):
                return None
            case GraphQLList():
                count = self.random.choice([0, 1, 1, 2, 3])
                return [self.value(of.of_type, name, inside=inside) for _ in range(count)]
            case GraphQLInputObjectType():
                return {
                    key: self.value(field.type, key, inside=inside)
                    for key, field in of.fields.items()
                    if is_required_input_field(field) or self.maybe(0.2)
                }
        return self._leaf(get_named_type(of), name)

    def _leaf(self, type_: GraphQLNamedType, name: str) -> Any:
        match type_.name:
            case _ if isinstance(type_, GraphQLEnumType):
                return Bare(self.random.choice([*type_.values]))
            case "Boolean":
                return self.maybe(0.5)
            case "Int":
                return self.random.choice(NUMBERS) if self.maybe(0.2) else self.random.randrange(6)
            case "DateTime" if self.maybe(0.9):
                return self.random.choice([*self.known.moments, "2026-01-31T12:30:00Z"])
            case "ID" if self.maybe(0.9):
                known = self.known.contacts if name in ("emailId", "phoneNumberId") else self.known.ids
                return self.random.choice(known or [""])
        return self.text(name)

    def text(self, name: str) -> str:
        if name in ("after", "before"):
            cursor = self.random.choice(self.known.cursors or [""])
            return cursor if self.maybe(0.7) else cursor[: self.random.randrange(100)] + "A"
        if name in FITTING and self.maybe(0.8):
            return self.random.choice(FITTING[name])
        if self.maybe(0.5):
            return self.random.choice(TEXTS)
        return "".join(chr(self.random.randrange(0x800)) for _ in range(self.random.randrange(12)))

    def anything(self) -> Any:
        """Return any value that JSON has, and some that it has not."""
        kind = self.random.randrange(6)
        if kind == 0:
            return {self.text(""): self.anything()}
        if kind == 1:
            return [self.anything() for _ in range(self.random.randrange(3))]
        return self.random.choice([None, True, False, *NUMBERS, *TEXTS])
