"""Text that would be SQL, or a pattern, in every argument and every field of an input that takes a text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLScalarType,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_required_input_field,
)

from tests.e2e.attacks import CODES, INJECTIONS, LEAK
from tests.e2e.bad_input.inputs import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import asyncpg
    from graphql import GraphQLInputType, GraphQLOutputType

    from tests.e2e.api import Api

AT_ONCE: Final = 10
"""Fields at the root of one operation."""

SCHEMA: Final = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())
TEXTS: Final = {"String", "ID", "DateTime"}
ACCEPTED: Final = {
    "firstName": "Quentin",
    "middleName": "Zebulon",
    "lastName": "Bystander",
    "email": "q.bystander@example.com",
    "type": "work",
    "number": "+4930123456",
    **ADDRESS,
    "marketingEmailsEnabled": True,
    "twoFactorEnabled": False,
}
"""For each field of an input, a value that is accepted."""


def places(type_: GraphQLInputType, within: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the ways to each text in a value of a type; a type within itself is looked at once."""
    named = get_named_type(type_)
    if isinstance(named, GraphQLScalarType) and named.name in TEXTS:
        yield ()
    if isinstance(named, GraphQLInputObjectType) and named.name not in within:
        for name, field in named.fields.items():
            for place in places(field.type, (*within, named.name)):
                yield (name, *place)


def holding(type_: GraphQLInputType, place: tuple[str, ...], text: str, known: dict[str, Any]) -> Any:
    """Return a value of a type with a text in a place, and what else it needs."""
    of = get_nullable_type(type_)
    if isinstance(of, GraphQLList):
        return [holding(of.of_type, place, text, known)]
    if not isinstance(of, GraphQLInputObjectType):
        return text
    way, *rest = place
    return {
        name: holding(field.type, tuple(rest), text, known) if name == way else known[name]
        for name, field in of.fields.items()
        if name == way or is_required_input_field(field)
    }


class Argument(NamedTuple):
    """An argument of a field at the root, in which there is a place for a text."""

    kind: str
    field: str
    argument: str
    type: GraphQLInputType
    below: GraphQLOutputType

    def asked(self, count: int) -> str:
        """Return an operation with the field so often, each time with another variable as the argument."""
        below = get_named_type(self.below)
        possible = SCHEMA.get_possible_types(below) if is_abstract_type(below) else [below]
        customer = "... on Customer { id }" if SCHEMA.type_map["Customer"] in possible else ""
        selection = SELECTIONS.get(self.field, f"__typename {customer}")
        declared = " ".join(f"$v{i}: {self.type}" for i in range(count))
        fields = " ".join(
            f"a{i}: {self.field}({self.argument}: $v{i}) {{ {selection} }}" for i in range(count)
        )
        return f"{self.kind} ({declared}) {{ {fields} }}"


SELECTIONS: Final = {
    "customers": "nodes { id }",
    "createCustomers": "results { __typename ... on Customer { id } }",
}
"""What is asked of the fields whose customers lie deeper."""

ARGUMENTS: Final = {
    f"{name}.{argument}": Argument(kind, name, argument, taken.type, field.type)
    for kind, root in (("query", SCHEMA.query_type), ("mutation", SCHEMA.mutation_type))
    if root
    for name, field in root.fields.items()
    for argument, taken in field.args.items()
    if any(True for _ in places(taken.type))
}


@pytest.fixture(scope="module")
def bystander(api: Api) -> str:
    """The id of a customer that none of the attacks means."""
    person = {name: ACCEPTED[name] for name in ("firstName", "middleName", "lastName")}
    created = api.create(
        **person,
        address=ADDRESS,
        emails=[{"email": ACCEPTED["email"]}],
        phoneNumbers=[{"type": ACCEPTED["type"], "number": ACCEPTED["number"]}],
        privacySettings={name: ACCEPTED[name] for name in ("marketingEmailsEnabled", "twoFactorEnabled")},
    )
    return str(created["id"])


@pytest.mark.parametrize("argument", ARGUMENTS.values(), ids=ARGUMENTS)
def test_injections(
    api: Api, stored: Callable[[], dict[str, set[asyncpg.Record]]], bystander: str, argument: Argument
) -> None:
    """Text is data: it finds and changes nobody else, and no error tells of SQL."""
    before = stored()
    target = api.create(
        emails=[{"email": "ada@example.com"}], phoneNumbers=[{"type": "work", "number": "+4930123457"}]
    )
    known = ACCEPTED | {
        "id": target["id"],
        "customerId": target["id"],
        "emailId": target["emails"][0]["id"],
        "phoneNumberId": target["phoneNumbers"][0]["id"],
    }
    answered = target["id"]
    for place in places(argument.type):
        for start in range(0, len(INJECTIONS), AT_ONCE):
            texts = INJECTIONS[start : start + AT_ONCE]
            values = [holding(argument.type, place, text, known) for text in texts]
            response = api.post(
                argument.asked(len(values)), **{f"v{number}": value for number, value in enumerate(values)}
            )
            assert response.status_code in (200, 400), response.text
            assert not LEAK.search(response.text), response.text
            errors = response.json().get("errors", [])
            assert {error["extensions"]["code"] for error in errors} <= CODES, response.text
            answered += response.text

    assert bystander not in answered
    after = stored()
    assert all(rows <= after[table] for table, rows in before.items())
    assert all(str(row["customer_id"]) in answered for row in after["customers"] - before["customers"])
    honest = api.customer(bystander)
    assert honest
    assert honest["lastName"] == ACCEPTED["lastName"]
