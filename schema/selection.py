"""What an operation asks for below a field, so that no more is read than is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode

if TYPE_CHECKING:
    from collections.abc import Collection

    from graphql import SelectionSetNode

    from schema.context import Info


def selects(info: Info, names: Collection[str]) -> bool:
    """Return whether a field of one of these names may be selected anywhere below the current field.

    Directives are not looked at: the answer may be a needless yes, never a wrong no.
    """
    raw = info._raw_info  # noqa: SLF001 - the only way to the AST that Strawberry leaves
    waiting: list[SelectionSetNode | None] = [node.selection_set for node in raw.field_nodes]
    # Each fragment is visited once, or nested spreads would take exponential time.
    fragments = dict(raw.fragments)
    while waiting:
        selection_set = waiting.pop()
        for node in selection_set.selections if selection_set else ():
            if isinstance(node, FragmentSpreadNode):
                fragment = fragments.pop(node.name.value, None)
                waiting.append(fragment.selection_set if fragment else None)
            elif isinstance(node, FieldNode) and node.name.value in names:
                return True
            elif isinstance(node, FieldNode | InlineFragmentNode):
                waiting.append(node.selection_set)
    return False
