"""Variable values, coerced by readers that are made once.

graphql-core's `get_variable_values` finds out for each value of an input what kind of type it is of, time and
again. What is not as it should be, and what is rare, is left to it, errors included.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLString,
    Undefined,
    assert_leaf_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.language.parser import MAX_NESTING_DEPTH
from graphql.utilities.coerce_input_value import coerce_default_value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from graphql import (
        GraphQLInputObjectType,
        GraphQLInputType,
        GraphQLLeafType,
        GraphQLSchema,
        VariableDefinitionNode,
    )

    Reader: TypeAlias = Callable[[Any, int], Any]
    """Returns a value coerced, given how deep it is nested; raises when it is for graphql-core."""

MOST_TYPES = 1_000
"""Of how many input objects the fields are kept."""

# Values of these classes are what the types coerce them to. By id, as in `breadth.plan`.
_OWN: dict[int, type] = {
    id(GraphQLString.coerce_input_value): str,
    id(GraphQLID.coerce_input_value): str,
    id(GraphQLBoolean.coerce_input_value): bool,
}

_LEAVES = {str, int, float, bool}


class Variables:
    """The variables of one operation, all of input types."""

    def __init__(self, schema: GraphQLSchema, definitions: Collection[VariableDefinitionNode]) -> None:
        signatures = [get_variable_signature(schema, definition) for definition in definitions]
        self._variables = [
            (signature, _reader(signature.type))
            for signature in signatures
            if not isinstance(signature, GraphQLError)
        ]

    def coerced(self, inputs: Mapping[str, Any]) -> VariableValues | None:
        """Return the values of the variables, or None where graphql-core is to look at what was given."""
        sources: dict[str, VariableValueSource] = {}
        values: dict[str, Any] = {}
        for signature, read in self._variables:
            name = signature.name
            if name in inputs:
                given = inputs[name]
                sources[name] = VariableValueSource(signature, given)
                try:
                    values[name] = read(given, 0)
                except Exception:  # noqa: BLE001 - graphql-core says what is wrong
                    return None
            elif signature.default or is_non_null_type(signature.type):
                return None
            else:
                sources[name] = VariableValueSource(signature)
        return VariableValues(sources, values)


def _reader(type_: GraphQLInputType) -> Reader:
    if is_non_null_type(type_):
        return _reader_of_given(type_.of_type)
    read = _reader_of_given(type_)
    return lambda value, depth: None if value is None else read(value, depth)


def _reader_of_given(type_: GraphQLInputType) -> Reader:
    """Return the reader of what is not null."""
    if is_list_type(type_):
        return _list_reader(type_.of_type)
    if is_input_object_type(type_):
        return _object_reader(type_)
    return _leaf_reader(assert_leaf_type(type_))


def _leaf_reader(type_: GraphQLLeafType) -> Reader:
    own, coerce = _OWN.get(id(type_.coerce_input_value)), type_.coerce_input_value

    def read(value: Any, _depth: int) -> Any:
        kind = type(value)
        if kind is own:
            return value
        if kind not in _LEAVES:
            raise TypeError
        coerced = coerce(value)
        if coerced is Undefined:
            raise ValueError
        return coerced

    return read


def _list_reader(item_type: GraphQLInputType) -> Reader:
    read_item = _reader(item_type)

    def read(value: Any, depth: int) -> list[Any]:
        if type(value) is not list or depth >= MAX_NESTING_DEPTH:
            raise TypeError
        return [read_item(item, depth + 1) for item in value]

    return read


@lru_cache(maxsize=MOST_TYPES)
def _object_reader(type_: GraphQLInputObjectType) -> Reader:
    # Made when they are needed first, as objects may have fields of their own type; and in one go, as others
    # may be reading.
    fields: list[tuple[str, str, Reader, Any]] | None = None

    def read(value: Any, depth: int) -> Any:
        nonlocal fields
        if type(value) is not dict or depth >= MAX_NESTING_DEPTH or type_.is_one_of:
            raise TypeError
        if fields is None:
            fields = [
                (name, field.out_name or name, _reader(field.type), field)
                for name, field in type_.fields.items()
            ]
        coerced = {}
        absent = 0
        for name, out_name, read_field, field in fields:
            if name in value:
                coerced[out_name] = read_field(value[name], depth + 1)
                continue
            absent += 1
            if is_required_input_field(field):
                raise KeyError(name)
            default = coerce_default_value(field)
            if default is not Undefined:
                coerced[out_name] = default
        if len(value) + absent != len(fields):
            raise KeyError  # it has others, too
        return type_.out_type(coerced)

    return read
