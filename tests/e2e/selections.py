"""What can be selected, written from the schema, so that nothing of it is forgotten when it grows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import GraphQLField, GraphQLInputType, GraphQLOutputType

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())
ID = f'"{uuid4()}"'
"""The id of nobody."""

LITERALS = {"ID": ID, "String": '"Ada"', "Boolean": "true", "Int": "0"}


def literal(type_: GraphQLInputType) -> str:
    """Return a short literal of a type."""
    match type_:
        case GraphQLNonNull():
            return literal(type_.of_type)
        case GraphQLList():
            return f"[{literal(type_.of_type)}]"
        case GraphQLInputObjectType():
            return f"{{{given(type_.fields)}}}"
        case _:
            return LITERALS[str(type_)]


def given(inputs: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField]) -> str:
    """Return those inputs that must be given, each with a value."""
    return ", ".join(
        f"{name}: {literal(input_.type)}" for name, input_ in inputs.items() if _is_required(input_)
    )


def _is_required(input_: GraphQLArgument | GraphQLInputField) -> bool:
    if isinstance(input_, GraphQLArgument):
        return is_required_argument(input_)
    return is_required_input_field(input_)


def call(name: str, field: GraphQLField) -> str:
    """Return a field with its arguments, without what is selected of it."""
    arguments = given(field.args)
    return f"{name}({arguments})" if arguments else name


def whole(name: str, field: GraphQLField) -> str:
    """Return a field with its arguments, and as little as possible selected of it."""
    selected = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    return call(name, field) + selected


def ways(type_: GraphQLOutputType) -> Iterator[str]:
    """Yield selections that lead to a customer, with %s where those of the customer belong."""
    match get_named_type(type_):
        case GraphQLObjectType(name="Customer"):
            yield "%s"
        case GraphQLUnionType(types=members):
            for member in members:
                yield from (f"... on {member.name} {{ {way} }}" for way in ways(member))
        case GraphQLObjectType(fields=fields):
            for name, field in fields.items():
                yield from (f"{call(name, field)} {{ {way} }}" for way in ways(field.type))


def ways_to_customers() -> Iterator[str]:
    """Yield the ways from a mutation to a customer."""
    return ways(_object("Mutation"))


def _object(name: str) -> GraphQLObjectType:
    type_ = SCHEMA.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return type_


ROOT_FIELDS = {
    name: (kind, f"{kind} {{ {whole(name, field)} }}")
    for kind in ("query", "mutation")
    for name, field in _object(kind.capitalize()).fields.items()
}
"""For each field at the root, by its name, the kind of operation that it is of, and one with it alone."""

CUSTOMER_FIELDS = {name: whole(name, field) for name, field in _object("Customer").fields.items()}
"""The fields of a customer by their names."""
