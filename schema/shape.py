"""What is asked of customers, as a shape in which PostgreSQL can write them.

There is none where fields have directives or arguments, or are more than attributes of customers and of what
belongs to them: then customers are read, and their fields resolved.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from graphql import FieldNode, FragmentSpreadNode, GraphQLObjectType, get_named_type, is_object_type
from graphql.execution.collect_fields import does_fragment_condition_match

from models.written import Member
from schema.limits import selected_by
from schema.selection import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import FragmentDefinitionNode, GraphQLResolveInfo, SelectionNode
    from strawberry.types.field import StrawberryField

    from models.written import Shape

_LEAVES: Final = {"ID", "String", "Boolean", "Int", "DateTime"}
"""Scalars that PostgreSQL writes as they do."""


@remembered
def customer_shape(info: GraphQLResolveInfo[Any]) -> Shape | None:
    """Return the shape of the customers that a field is."""
    return _shape(info, "Customer")


class ConnectionShape(NamedTuple):
    """The shape of a connection, that of its customers, and whether only its ends' cursors are asked for."""

    connection: Shape
    customer: Shape
    ends: bool


@remembered
def connection_shape(info: GraphQLResolveInfo[Any]) -> ConnectionShape | None:
    """Return the shape of a connection, if its customers are asked for once: as nodes or as edges."""
    connection = _shape(info, "CustomerConnection") or ()
    edge = list(chain.from_iterable([member.members for member in connection if member.attribute == "edges"]))
    asked = [member.members for member in (*connection, *edge) if member.attribute in {"nodes", "node"}]
    ends = all(member.attribute != "cursor" for member in edge)
    return ConnectionShape(connection, asked[0], ends) if len(asked) == 1 else None


def _shape(info: GraphQLResolveInfo[Any], type_name: str) -> Shape | None:
    try:
        return _Selections(info).members(info.field_nodes, type_name)
    except _Unwritable:
        return None


class _Unwritable(Exception):
    """PostgreSQL cannot write what is asked for."""


class _Selections:
    """Selections of one operation."""

    def __init__(self, info: GraphQLResolveInfo[Any]) -> None:
        self._schema = info.schema
        self._fragments = info.fragments

    def members(self, nodes: Iterable[FieldNode], type_name: str) -> Shape:
        """Return what is asked of objects of a type below these fields."""
        # By their keys in the answer.
        fields: dict[str, list[FieldNode]] = {}
        # Each fragment is visited once, or nested spreads would take exponential time.
        unvisited = dict(self._fragments)
        for node in nodes:
            self._collect(selected_by(node), self._type(type_name), unvisited, fields)
        return tuple([self._member(type_name, key, below) for key, below in fields.items()])

    def _collect(
        self,
        selections: Iterable[SelectionNode],
        type_: GraphQLObjectType,
        unvisited: dict[str, FragmentDefinitionNode],
        found: dict[str, list[FieldNode]],
    ) -> None:
        for node in selections:
            if node.directives:
                raise _Unwritable
            if isinstance(node, FieldNode):
                if node.arguments:
                    raise _Unwritable
                found.setdefault((node.alias or node.name).value, []).append(node)
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                fragment = unvisited.pop(node.name.value, None)
            if fragment is None:
                continue
            if does_fragment_condition_match(self._schema, fragment, type_):
                self._collect(selected_by(fragment), type_, unvisited, found)

    def _member(self, type_name: str, key: str, nodes: list[FieldNode]) -> Member:
        name = nodes[0].name.value
        if name == "__typename":
            return Member(key, None, text=type_name)
        definition = self._type(type_name).fields[name]
        field: StrawberryField = definition.extensions["strawberry-definition"]
        # Permissions are extensions, too.
        if field.extensions:
            raise _Unwritable
        # Where Tortoise keeps what it has fetched has a name with an underscore.
        attribute = field.python_name.removeprefix("_")
        type_ = get_named_type(definition.type)
        if is_object_type(type_):
            return Member(key, attribute, self.members(nodes, type_.name))
        if type_.name not in _LEAVES or not field.is_basic_field:
            raise _Unwritable
        return Member(key, attribute)

    def _type(self, name: str) -> GraphQLObjectType:
        return cast("GraphQLObjectType", self._schema.type_map[name])
