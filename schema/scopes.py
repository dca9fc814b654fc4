"""The scopes that a token must have for what an operation selects.

They are told from the document, before anything of it is executed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import FragmentDefinitionNode, TypeInfo, TypeInfoVisitor, Visitor, visit

from schema.limits import operation_name, ordered

if TYPE_CHECKING:
    from graphql import DocumentNode, FieldNode, FragmentSpreadNode, GraphQLSchema

READ: Final = "customers:read"
WRITE: Final = "customers:write"

_SCOPES: Final = {"Query": READ, "Mutation": WRITE, "Customer": READ}
"""The scope of each type's fields. What hangs on a customer can only be selected through a field of it."""

_FREE: Final = frozenset({"__typename", "__schema", "__type"})
_FREE_OF_CUSTOMER: Final = frozenset({"__typename", "id"})
"""Who may only write learns the ids of what was written, or could not go on with it."""


def required(schema: GraphQLSchema, document: DocumentNode) -> dict[str | None, dict[str, FieldNode]]:
    """Return the scopes that each operation of a valid document needs, by the operation's name.

    With each scope comes the first field that needs it.
    """
    fragments: dict[str, dict[str, FieldNode]] = {}
    operations: dict[str | None, dict[str, FieldNode]] = {}
    for definition in ordered(document):
        type_info = TypeInfo(schema)
        fields = _Fields(type_info, fragments)
        visit(definition, TypeInfoVisitor(type_info, fields))
        if isinstance(definition, FragmentDefinitionNode):
            fragments[definition.name.value] = fields.needed
        else:
            operations[operation_name(definition)] = fields.needed
    return operations


class _Fields(Visitor):
    def __init__(self, type_info: TypeInfo, fragments: dict[str, dict[str, FieldNode]]) -> None:
        super().__init__()
        self._type_info = type_info
        self._fragments = fragments
        self.needed: dict[str, FieldNode] = {}

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._type_info.get_parent_type()
        name = parent.name if parent else ""
        free = _FREE_OF_CUSTOMER if name == "Customer" else _FREE
        if name in _SCOPES and node.name.value not in free:
            self.needed.setdefault(_SCOPES[name], node)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        for scope, field in self._fragments[node.name.value].items():
            self.needed.setdefault(scope, field)
