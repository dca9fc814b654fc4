"""What an operation asks for, so that no more is read than is needed."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from graphql import FragmentDefinitionNode, GraphQLResolveInfo, SelectionSetNode

    from schema.context import Info

T = TypeVar("T")


def remembered(find: Callable[[GraphQLResolveInfo[Any]], T]) -> Callable[[Info], T]:
    """Have what is found out about the selection of a field remembered with its document."""

    @wraps(find)
    def found(info: Info) -> T:
        raw = info._raw_info  # noqa: SLF001 - the only way to the AST that Strawberry leaves
        known = info.context.document.known
        # No other nodes have these numbers as long as the document is there.
        key = (find, *map(id, raw.field_nodes))
        if key not in known:
            known[key] = find(raw)
        result: T = known[key]
        return result

    return found


@remembered
def selected(info: GraphQLResolveInfo[Any]) -> frozenset[str]:
    """Return the names of the fields that may be selected anywhere below a field."""
    return field_names([node.selection_set for node in info.field_nodes], info.fragments)


@remembered
def surely_selected(info: GraphQLResolveInfo[Any]) -> frozenset[str]:
    """Return the names of the fields that are selected below a field, whatever directives say."""
    return field_names([node.selection_set for node in info.field_nodes], info.fragments, surely=True)


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
