"""The schema, and what was promised of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)
from graphql.utilities import find_breaking_changes, find_dangerous_changes

from schema import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
EXPORTED = ROOT / "schema.graphql"
CONTRACT = ROOT / "tests" / "contract.graphql"


def read(path: Path) -> GraphQLSchema:
    return build_schema(path.read_text())


def test_the_exported_schema_is_the_one_of_the_code() -> None:
    """`schema.graphql` is what `customers schema` prints."""
    assert EXPORTED.read_text() == schema.as_str() + "\n"


def test_the_schema_lacks_nothing_of_the_contract() -> None:
    """A client written against the contract works with the schema."""
    contract, ours = read(CONTRACT), read(EXPORTED)

    assert find_breaking_changes(contract, ours) == []
    # Members that the contract does not have would reach clients that do not expect them.
    assert find_dangerous_changes(contract, ours) == []


def places(type_: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    yield type_.name, type_.description
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        for name, field in type_.fields.items():
            yield f"{type_.name}.{name}", field.description
            for argument, definition in getattr(field, "args", {}).items():
                yield f"{type_.name}.{name}({argument})", definition.description


def test_everything_is_described() -> None:
    """Every type, field, argument and input field says what it is for."""
    ours = [
        type_
        for type_ in read(EXPORTED).type_map.values()
        if not is_specified_scalar_type(type_) and not is_introspection_type(type_)
    ]

    assert [place for type_ in ours for place, description in places(type_) if not description] == []
