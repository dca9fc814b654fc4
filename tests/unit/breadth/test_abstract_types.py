"""Interfaces and unions: which type a value is of, and what is asked of it then."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema

from tests.unit.breadth.asking import ask, ask_later, failures

SCHEMA = """
    type Query { pets: [Pet] things: [Thing!] cat: Cat }
    interface Pet { name: String }
    type Cat implements Pet { name: String meows: Boolean }
    type Dog implements Pet { name: String barks: Boolean }
    type Stone { weight: Int }
    union Thing = Cat | Dog | Stone
"""
TOM = {"__typename": "Cat", "name": "Tom", "meows": True}
REX = {"__typename": "Dog", "name": "Rex", "barks": True}
DOCUMENT = "{ pets { name ... on Cat { meows } ... on Dog { barks } } }"
ANSWER = {
    "pets": [{"name": "Rex", "barks": True}, {"name": "Tom", "meows": True}, {"name": "Rex", "barks": True}]
}


def typed(**attributes: Any) -> GraphQLSchema:
    """The schema, with attributes for some of its types: `Pet={"resolve_type": …}`."""
    schema = build_schema(SCHEMA)
    for name, given in attributes.items():
        for attribute, value in given.items():
            setattr(schema.type_map[name], attribute, value)
    return schema


def test_a_value_names_its_type() -> None:
    """By default the value's `__typename` decides; the objects stay in order whatever their types."""
    assert ask(SCHEMA, DOCUMENT, {"pets": [REX, TOM, REX]}).data == ANSWER


def test_resolve_type_decides() -> None:
    """A type's own `resolve_type` decides where it is given."""
    schema = typed(Pet={"resolve_type": lambda value, _info, _type: "Dog" if "barks" in value else "Cat"})

    assert ask(schema, DOCUMENT, {"pets": [REX, TOM, REX]}).data == ANSWER


async def test_resolve_type_may_be_asynchronous() -> None:
    """What `resolve_type` returns is awaited where it has to be."""

    async def resolve_type(value: Any, _info: Any, _type: Any) -> str:
        return "Dog" if "barks" in value else "Cat"

    result = await ask_later(typed(Pet={"resolve_type": resolve_type}), DOCUMENT, {"pets": [REX, TOM, REX]})

    assert result.data == ANSWER


def test_is_type_of_decides() -> None:
    """Without a name, each possible type is asked whether it is its own."""
    schema = typed(
        Cat={"is_type_of": lambda value, _info: "meows" in value},
        Dog={"is_type_of": lambda value, _info: "barks" in value},
    )
    pets = [{"name": "Rex", "barks": True}, {"name": "Tom", "meows": True}, {"name": "Rex", "barks": True}]

    assert ask(schema, DOCUMENT, {"pets": pets}).data == ANSWER


async def test_is_type_of_may_be_asynchronous() -> None:
    """The types' answers are awaited."""

    async def meows(value: Any, _info: Any) -> bool:
        return "meows" in value

    async def barks(value: Any, _info: Any) -> bool:
        return "barks" in value

    schema = typed(Cat={"is_type_of": meows}, Dog={"is_type_of": barks})
    pets = [{"name": "Rex", "barks": True}, {"name": "Tom", "meows": True}, {"name": "Rex", "barks": True}]

    result = await ask_later(schema, DOCUMENT, {"pets": pets})

    assert result.data == ANSWER


def test_an_object_of_another_type_is_an_error() -> None:
    """Also where only one type is possible, `is_type_of` is asked."""
    schema = typed(Cat={"is_type_of": lambda value, _info: value == "cat"})

    result = ask(schema, "{ cat { __typename } }", {"cat": "dog"})

    assert result.data == {"cat": None}
    assert failures(result) == [("Expected value of type 'Cat' but got: 'dog'.", ["cat"])]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Nobody", "was resolved to a type 'Nobody' that does not exist"),
        ("Pet", "was resolved to a non-object type 'Pet'"),
        ("Stone", "is not a possible type for 'Pet'"),
        (None, "must resolve to an Object type at runtime"),
        (7, "which is not a valid Object type name"),
    ],
)
def test_a_wrong_type_is_an_error_of_its_object(name: Any, says: str) -> None:
    """What is not a name of a possible type is told, and the other objects are there."""
    schema = typed(Pet={"resolve_type": lambda value, _info, _type: value.get("type")})

    result = ask(schema, "{ pets { __typename } }", {"pets": [{"type": "Cat"}, {"type": name}]})

    assert result.data == {"pets": [{"__typename": "Cat"}, None]}
    [(message, path)] = failures(result)
    assert says in message
    assert path == ["pets", 1]


def test_members_of_a_union_have_fields_of_their_own() -> None:
    """Each member is asked for what its type was asked for, `__typename` included."""
    document = "{ things { kind: __typename ... on Pet { name } ... on Stone { weight } } }"

    result = ask(SCHEMA, document, {"things": [{"__typename": "Stone", "weight": 9}, TOM]})

    assert result.data == {"things": [{"kind": "Stone", "weight": 9}, {"kind": "Cat", "name": "Tom"}]}


def test_an_object_of_no_asked_type_is_empty() -> None:
    """An object of which nothing was asked is an empty one."""
    assert ask(SCHEMA, "{ pets { ... on Dog { name } } }", {"pets": [TOM, REX]}).data == {
        "pets": [{}, {"name": "Rex"}]
    }
