"""Schemas of any shape: every kind of output type, every way to tell an abstract value's type."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
)
from graphql.pyutils import Undefined

from tests.unit.breadth.values import Awaited, Pace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import GraphQLOutputType

    from tests.unit.breadth.choices import Choices

    Fields = dict[str, GraphQLField]


def even(value: Any) -> Any:
    """Serialise an even number; raise for others, and return nothing for what is not a number."""
    if value == "nothing":
        return None
    if value == "undefined":
        return Undefined
    if value % 2:
        raise ValueError(f"{value} is odd")
    return value


Even = GraphQLScalarType("Even", serialize=even)
Color = GraphQLEnumType("Color", {"RED": 1, "GREEN": 2, "BLUE": "blue"})
Options: GraphQLInputObjectType = GraphQLInputObjectType(
    "Options",
    lambda: {
        "most": GraphQLInputField(GraphQLNonNull(GraphQLInt), default_value=3),
        "color": GraphQLInputField(Color),
        "inner": GraphQLInputField(Options),
    },
)

LEAVES: Final = {
    GraphQLString: ["text", "", 3, True, 1.5, {"a": 1}, [1]],
    GraphQLInt: [1, 0, True, "7", 2.0, 2.5, 2**31, "one", []],
    GraphQLFloat: [1.5, 1, True, "2.5", math.nan, math.inf, "one"],
    GraphQLBoolean: [True, False, 1, 0, "yes", []],
    GraphQLID: ["id", 5, 1.0, 1.5, True, {}],
    Color: [1, 2, "blue", 3, "RED", []],
    Even: [2, 4, 3, "nothing", "undefined", "text"],
}
"""Values for each type of leaf: first those that are fine, then those that may not be."""

WRAPPINGS: Final = [
    "T", "T!", "[T]", "[T!]", "[T]!", "[T!]!", "[[T]]", "[[T!]!]", "[[T!]]!", "[[T]!]!", "[[T!]!]!",
]  # fmt: skip

ARGUMENTS: Final[list[dict[str, GraphQLArgument]]] = [
    {},
    {},
    {"n": GraphQLArgument(GraphQLInt, default_value=5)},
    {"m": GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=1), "color": GraphQLArgument(Color)},
    {
        "list": GraphQLArgument(GraphQLList(GraphQLNonNull(GraphQLInt))),
        "text": GraphQLArgument(GraphQLString),
    },
    {"options": GraphQLArgument(Options, out_name="settings"), "n": GraphQLArgument(GraphQLInt)},
]


def wrapped(wrapping: str, type_: GraphQLOutputType) -> Any:
    """Return the type that is written with another one in the place of `T`."""
    if wrapping.endswith("!"):
        return GraphQLNonNull(wrapped(wrapping[:-1], type_))
    if wrapping.startswith("["):
        return GraphQLList(wrapped(wrapping[1:-1], type_))
    return type_


def resolved(source: Any, info: Any, **arguments: Any) -> Any:
    """Resolve a field as an explicit resolver."""
    return source.values[info.field_name](info, **arguments)


def _types_of(pace: Pace) -> dict[str, Any]:
    def resolve_type(value: Any, _info: Any, _type: Any) -> Any:
        return value.claimed()

    async def resolve_type_later(value: Any, _info: Any, _type: Any) -> Any:
        await Awaited(pace)
        return value.claimed()

    return {"now": resolve_type, "later": resolve_type_later}


def _is_type_of(name: str, pace: Pace) -> dict[str, Any]:
    def is_type_of(value: Any, _info: Any) -> Any:
        return value.claimed() == name

    async def is_type_of_later(value: Any, _info: Any) -> Any:
        await Awaited(pace)
        return value.claimed() == name

    return {"now": is_type_of, "later": is_type_of_later}


def _fields(made: Mapping[str, Fields], prefixes: Sequence[str]) -> Fields:
    return {name: field for prefix in prefixes for name, field in made[prefix].items()}


def made_schema(choices: Choices, pace: Pace) -> GraphQLSchema:
    """Make a schema with at most three types of objects beside the roots, an interface and a union.

    Names of fields are those of one type only, but for the interface's, so that any selections can merge.
    `pace` says whether what tells the type of a value may be asynchronous.
    """
    pick = choices.pick
    kinds = ["now"] if pace is Pace.NOW else ["now", "later"]
    names = pick(["A", "AB", "ABC"])
    objects: dict[str, GraphQLObjectType] = {}
    told = pick(["typename", "resolve_type", "is_type_of", "both"])
    resolve_type = _types_of(pace)[pick(kinds)] if told in {"resolve_type", "both"} else None
    made: dict[str, Fields] = {}
    interface = GraphQLInterfaceType("I", lambda: made["i"], resolve_type=resolve_type)
    implementing = [name for name in names if pick([True, True, False])] or ["A"]
    for name in names:
        prefixes = [*(["i"] if name in implementing else []), name.lower()]
        objects[name] = GraphQLObjectType(
            name,
            partial(_fields, made, prefixes),
            interfaces=[interface] if name in implementing else [],
            is_type_of=_is_type_of(name, pace)[pick(kinds)] if told in {"is_type_of", "both"} else None,
        )
    union = GraphQLUnionType("U", [*objects.values()], resolve_type=resolve_type)
    types: list[Any] = [*LEAVES, *[*objects.values(), interface, union] * 2]
    for prefix in ("i", *names.lower(), "q", "m"):
        made[prefix] = {
            f"{prefix}{number}": GraphQLField(
                wrapped(pick(WRAPPINGS), pick(types)), pick(ARGUMENTS), resolve=pick([None, resolved])
            )
            for number in range(pick([1, 2, 3, 3] if prefix not in "qm" else [1, 3, 4, 5]))
        }
    return GraphQLSchema(
        GraphQLObjectType("Query", made["q"]),
        GraphQLObjectType("Mutation", made["m"]),
        types=[*objects.values()],
    )
