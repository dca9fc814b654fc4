"""What an operation asks for, so that no more is read than is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphql import FragmentDefinitionNode, SelectionSetNode

    from schema.context import Info


def selected(info: Info, *, surely: bool = False) -> frozenset[str]:
    """Return the names of the fields that may be selected anywhere below the current one.

    With `surely` they are those that are, whatever directives say.
    """
    raw = info._raw_info  # noqa: SLF001 - the only way to the AST that Strawberry leaves
    known, nodes = info.context.document.selected, raw.field_nodes
    # No other node has these numbers as long as the document is there.
    key = (surely, *map(id, nodes))
    names = known.get(key)
    if names is None:
        selection_sets = [node.selection_set for node in nodes]
        names = known[key] = field_names(selection_sets, raw.fragments, surely=surely)
    return names


def field_names(
    selection_sets: Iterable[SelectionSetNode | None],
    fragments: Mapping[str, FragmentDefinitionNode],
    *,
    deep: bool = True,
    surely: bool = False,
) -> frozenset[str]:
    """Return the names of the fields in selection sets, those of their fragments included.

    With `deep` they are those of what the fields select, too. What directives say is not looked at: there may
    be a needless name, never a missing one. With `surely`, nothing counts that has any directive.
    """
    names: set[str] = set()
    waiting = list(selection_sets)
    # Each fragment is visited once, or nested spreads would take exponential time.
    unvisited = dict(fragments)
    while waiting:
        selection_set = waiting.pop()
        for node in selection_set.selections if selection_set else ():
            if surely and node.directives:
                continue
            if isinstance(node, FragmentSpreadNode):
                fragment = unvisited.pop(node.name.value, None)
                waiting.append(fragment.selection_set if fragment else None)
            elif isinstance(node, FieldNode):
                names.add(node.name.value)
                waiting.append(node.selection_set if deep else None)
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
    return frozenset(names)
