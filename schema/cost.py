"""What an operation costs: about how many fields its answer has, and how many records it reads or writes.

Every field costs 1, and what lies below a list as often as the list has items. How many these are is
known beforehand where an argument says so (`Size`), and else taken to be `TYPICAL_LENGTH`. Of alternatives
(types of a union, `@include`) all are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    value_from_ast_untyped,
)

from schema.connection import DEFAULT_SIZE
from schema.limits import operation_name, ordered, selected_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import DocumentNode, SelectionNode

TYPICAL_LENGTH: Final = 5
"""How many items a list is taken to have that no argument limits, such as a customer's e-mail addresses."""

_WEIGHTS: Final = {"totalCount": 100}
"""Fields that cost more than 1: to count all customers is as much work as to read a page of them, or more."""

_LISTS: Final = {"nodes": ("ids",), "createCustomers": ("input", "customers")}
"""The fields that return or write an item for each one of a list in their arguments, and where that is."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many items a field has, as variables say: the first that is given, each with a path into it.

    `page` is how many a page may have, None if it is not one.
    """

    places: tuple[tuple[str, tuple[str, ...]], ...]
    page: int | None
    otherwise: int

    def of(self, variables: Mapping[str, Any]) -> int:
        """Return the number of items; values that execution will refuse count as some number or other."""
        for name, path in self.places:
            value = variables.get(name)
            for key in path:
                value = value.get(key) if isinstance(value, dict) else None
            if value is not None:
                return _size(value, self.page)
        return self.otherwise


Terms: TypeAlias = dict[tuple[Size, ...], int]
"""A sum of products: how often each product of sizes is counted. That of none is 1."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation costs, whatever its variables are."""

    fixed: int
    terms: tuple[tuple[int, tuple[Size, ...]], ...]
    defaults: dict[str, Any]

    def of(self, variables: dict[str, Any] | None) -> int:
        """Return the cost with these variables, as the client gave them."""
        cost = self.fixed
        if self.terms:
            given = self.defaults | (variables or {})
            for times, sizes in self.terms:
                cost += times * prod([size.of(given) for size in sizes])
        return cost


def costs(schema: GraphQLSchema, document: DocumentNode, page: int) -> dict[str | None, Cost]:
    """Return the cost of each operation of a valid document by its name, fragments looked at once.

    A page has `page` items at most.
    """
    pricing = _Pricing(schema, page)
    priced: dict[str | None, Cost] = {}
    for definition in ordered(document):
        if isinstance(definition, FragmentDefinitionNode):
            pricing.add(definition)
        else:
            priced[operation_name(definition)] = pricing.cost(definition)
    return priced


@dataclass(slots=True)
class _Selected:
    """What a selection set costs: once, and for each item that its parent has if that is a page of lists."""

    once: Terms
    each: Terms


class _Pricing:
    def __init__(self, schema: GraphQLSchema, page: int) -> None:
        self._schema = schema
        self._page = page
        self._fragments: dict[str, _Selected] = {}

    def add(self, fragment: FragmentDefinitionNode) -> None:
        type_ = self._schema.get_type(fragment.type_condition.name.value)
        self._fragments[fragment.name.value] = self._selected(fragment.selection_set.selections, type_)

    def cost(self, operation: OperationDefinitionNode) -> Cost:
        root = self._schema.get_root_type(operation.operation)
        terms = _whole(self._selected(operation.selection_set.selections, root))
        fixed = terms.pop((), 0)
        defaults = {
            variable.variable.name.value: value_from_ast_untyped(variable.default_value)
            for variable in operation.variable_definitions or ()
            if variable.default_value
        }
        return Cost(fixed, tuple((times, sizes) for sizes, times in terms.items()), defaults)

    def _selected(self, selections: Sequence[SelectionNode], parent: GraphQLNamedType | None) -> _Selected:
        selected = _Selected({}, {})
        for selection in selections:
            if isinstance(selection, FieldNode):
                self._add_field(selected, selection, parent)
                continue
            if isinstance(selection, FragmentSpreadNode):
                part = self._fragments[selection.name.value]
            else:
                condition = getattr(selection, "type_condition", None)
                type_ = self._schema.get_type(condition.name.value) if condition else parent
                part = self._selected(selected_by(selection), type_)
            _add(selected.once, part.once)
            _add(selected.each, part.each)
        return selected

    def _add_field(self, to: _Selected, node: FieldNode, parent: Any) -> None:
        field = self._schema.get_field(parent, node.name.value)
        type_ = field.type if field else None
        below = self._selected(selected_by(node), get_named_type(type_) if type_ else None)
        is_list = is_list_type(get_nullable_type(type_)) if type_ else False
        size = self._sized(node, field.args if field else {})
        if size is None:
            own = _WEIGHTS.get(node.name.value, 1)
            _add(to.each if is_list else to.once, _whole(below), one=own)
        elif is_list:
            _add(to.once, _times(_add({}, _whole(below), one=1), size), one=1)
        else:
            _add(to.once, below.once, one=1)
            _add(to.once, _times(_add({}, below.each, one=1), size))

    def _sized(self, node: FieldNode, arguments: Mapping[str, Any]) -> Size | int | None:
        """Return how many items the arguments of a field say that there are, or None if they don't."""
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        if "first" in arguments and "last" in arguments:
            return _size_of([given.get("first"), given.get("last")], (), self._page)
        if node.name.value in _LISTS and _LISTS[node.name.value][0] in arguments:
            argument, *path = _LISTS[node.name.value]
            return _size_of([given.get(argument)], tuple(path), None)
        return None


def _whole(selected: _Selected) -> Terms:
    return _add(_times(selected.each, TYPICAL_LENGTH), selected.once)


def _add(to: Terms, more: Terms, one: int = 0) -> Terms:
    for sizes, times in more.items():
        to[sizes] = to.get(sizes, 0) + times
    if one:
        to[()] = to.get((), 0) + one
    return to


def _times(terms: Terms, size: Size | int) -> Terms:
    if isinstance(size, int):
        return {sizes: times * size for sizes, times in terms.items()}
    return {(size, *sizes): times for sizes, times in terms.items()}


def _size_of(values: Sequence[ValueNode | None], path: tuple[str, ...], page: int | None) -> Size | int:
    places = []
    for given in values:
        value, rest = given, path
        while rest and isinstance(value, ObjectValueNode):
            fields = {field.name.value: field.value for field in value.fields}
            value, rest = fields.get(rest[0]), rest[1:]
        if isinstance(value, VariableNode):
            places.append((value.name.value, rest))
        elif value is not None and not isinstance(value, NullValueNode):
            items = value.values if isinstance(value, ListValueNode) else None
            size = _size(items if items is not None else value_from_ast_untyped(value), page)
            return Size(tuple(places), page, size) if places else size
    otherwise = 1 if page is None else min(DEFAULT_SIZE, page)
    return Size(tuple(places), page, otherwise) if places else otherwise


def _size(value: Any, page: int | None) -> int:
    if page is None:
        return len(value) if isinstance(value, list | tuple) else 1
    return int(min(max(value, 0), page)) if isinstance(value, int | float) else page
