"""What an operation asks for, worked out once: which fields, how each is resolved, and what below it."""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLNonNull,
    GraphQLString,
    VariableNode,
    get_nullable_type,
    is_leaf_type,
    specified_scalar_types,
)
from graphql.execution.values import get_argument_values
from graphql.type.introspection import TypeNameMetaFieldDef
from strawberry.types.field import StrawberryField

from breadth.attempt import attempt
from breadth.batched import batch_resolver
from breadth.coercion import coerce_all
from breadth.direct import direct_resolver
from breadth.kinds import NOTHING, any_extraordinary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphql import (
        FieldNode,
        GraphQLField,
        GraphQLObjectType,
        GraphQLOutputType,
        GraphQLSchema,
    )
    from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
    from graphql.execution.executor import Executor

    from breadth.executor import BreadthExecutor

MOST_DISPLAYED = 50
"""How many fields a selection may have to be put together in the quick way."""

# Values of these classes are their own answers, in fields that have to have one and in others. By id: what a
# scalar has there may be anything that can be called.
_PLAIN: dict[int, tuple[set[type], set[type]]] = {
    id(GraphQLString.coerce_output_value): ({str}, {str, NOTHING}),
    id(GraphQLID.coerce_output_value): ({str}, {str, NOTHING}),
    id(GraphQLBoolean.coerce_output_value): ({bool}, {bool, NOTHING}),
}
_NOT_PLAIN: tuple[set[type], set[type]] = set(), {NOTHING}

_OWN_SCALARS = set(specified_scalar_types.values())


class Field:
    """A field of a selection, for objects of one type.

    `read` gets the value from an object where it is just an attribute; `batched` is the resolver that takes
    all objects at once, if there is one; `resolve` takes one, None meaning the default. `leaf` is the type of
    the values if they are scalars or enums and not lists. `fixed` says that arguments are the same for all
    objects and executions; `arguments` are those once they have been read.
    """

    __slots__ = (
        "arguments", "batched", "definition", "details", "fixed", "key", "leaf", "name", "nodes",
        "parent", "plain", "read", "required", "resolve", "selections", "type",
    )  # fmt: skip

    def __init__(
        self,
        schema: GraphQLSchema,
        definition: GraphQLField,
        parent: GraphQLObjectType,
        asked: tuple[str, FieldDetailsList],
    ) -> None:
        self.definition = definition
        self.parent = parent
        self.key, self.details = asked
        self.nodes = [detail.node for detail in self.details]
        self.name = self.nodes[0].name.value
        self.type: GraphQLOutputType = definition.type
        self.required = isinstance(self.type, GraphQLNonNull)
        nullable = self.type.of_type if isinstance(self.type, GraphQLNonNull) else self.type
        self.leaf = nullable if is_leaf_type(nullable) else None
        required, optional = _PLAIN.get(id(getattr(self.leaf, "coerce_output_value", None)), _NOT_PLAIN)
        self.plain = required if self.required else optional
        self.read = _reader(definition, parent)
        self.batched = batch_resolver(definition, schema)
        self.resolve = direct_resolver(definition, schema) or definition.resolve
        self.fixed = _are_fixed(definition, self.nodes[0])
        self.arguments: dict[str, Any] | None = None
        self.selections: dict[GraphQLObjectType, Selection] = {}

    def selection(self, executor: BreadthExecutor, type_: GraphQLObjectType) -> Selection:
        """Return what is asked of an object of this type below the field."""
        selection = self.selections.get(type_)
        if selection is None:
            grouped, *_ = executor.collect_subfields(type_, self.details)
            selection = Selection(executor.schema, type_, grouped)
            # Not for others if a resolver has changed the variables meanwhile.
            if executor.request and executor.decided == executor.request.decided(executor):
                self.selections[type_] = selection
        return selection

    def given(self, executor: Executor[Any]) -> dict[str, Any]:
        """Return the arguments of the field; raise a GraphQLError when they don't fit."""
        if self.arguments is not None:
            return self.arguments
        node, _, fragment_variables = self.details[0]
        arguments = get_argument_values(
            self.definition, node, executor.variable_values, fragment_variables, executor.hide_suggestions
        )
        if self.fixed:
            self.arguments = arguments
        return arguments

    def values(self, sources: Sequence[Any]) -> list[Any]:
        """Read the field of each object; what cannot be read is an exception."""
        assert self.read  # noqa: S101 - for the type checker
        try:
            return list(map(self.read, sources))
        except Exception:  # noqa: BLE001 - one by one, then, to see which
            return [attempt(self.read, source) for source in sources]

    def plain_answers(self, values: list[Any]) -> list[Any] | None:
        """Return the answers to values of a leaf type, or None when one is out of the ordinary."""
        if self.leaf is None:
            return None
        kinds = set(map(type, values))
        if kinds <= self.plain:
            return values
        if any_extraordinary(kinds) or (self.required and NOTHING in kinds):
            return None
        coerce = self.leaf.coerce_output_value
        try:
            missing = values.count(None) if NOTHING in kinds else 0
            if missing:
                answers = [None if value is None else coerce(value) for value in values]
            else:
                answers = coerce_all(coerce, values)
            return answers if answers.count(None) == missing else None
        except Exception:  # noqa: BLE001 - the executor finds out which value it is
            return None


class Selection:
    """What is asked of objects of one type."""

    __slots__ = ("fields", "objects")

    def __init__(self, schema: GraphQLSchema, parent: GraphQLObjectType, grouped: GroupedFieldSet) -> None:
        self.fields = [
            Field(schema, definition, parent, asked)
            for asked in grouped.items()
            # Of a field that the schema does not have, graphql-core says nothing: validation does.
            if (definition := schema.get_field(parent, asked[1][0].node.name.value))
        ]
        self.objects = _objects([field.key for field in self.fields])


def _objects(keys: Sequence[str]) -> Callable[[Sequence[Sequence[Any]]], list[dict[str, Any]]]:
    """Return what puts columns side by side, as one dictionary for each row.

    A display with as many pairs as there are keys is three times as quick as `dict(zip(…))`, and every object
    of an answer is made here.
    """
    if not 0 < len(keys) <= MOST_DISPLAYED:
        return lambda columns: [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
    return _display(len(keys))(*keys)


@cache
def _display(size: int) -> Callable[..., Callable[[Sequence[Sequence[Any]]], list[dict[str, Any]]]]:
    numbers = range(size)
    keys = "".join(f"k{number}, " for number in numbers)
    values = "".join(f"v{number}, " for number in numbers)
    pairs = "".join(f"k{number}: v{number}, " for number in numbers)
    source = f"lambda {keys}: lambda columns: [{{{pairs}}} for {values} in zip(*columns)]"
    display: Callable[..., Any] = eval(source)  # noqa: S307 - nothing of it comes from anywhere but a number
    return display


def _are_fixed(definition: GraphQLField, node: FieldNode) -> bool:
    """Say whether all arguments are GraphQL's own scalars and stand in the document.

    Lists and objects are made anew each time, as a resolver may change them; what other scalars make of a
    literal is theirs to say.
    """
    for argument in node.arguments or ():
        known = definition.args.get(argument.name.value)
        type_ = get_nullable_type(known.type) if known else None
        if isinstance(argument.value, VariableNode) or type_ not in _OWN_SCALARS:
            return False
    return True


def _reader(definition: GraphQLField, parent: GraphQLObjectType) -> Callable[[Any], Any] | None:
    if definition is TypeNameMetaFieldDef:
        return lambda _source: parent.name
    field = definition.extensions.get("strawberry-definition")
    if (
        isinstance(field, StrawberryField)
        and field.is_basic_field
        and field.default_resolver is getattr
        and type(field).get_result is StrawberryField.get_result
        # Where exception handlers apply, Strawberry takes another resolver.
        and getattr(definition.resolve, "__name__", None) == "_get_basic_result"
    ):
        return attrgetter(field.python_name)
    return None
