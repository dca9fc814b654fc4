"""What an executor is built from and what it is to do, worked out once for each operation of a document."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import ref

from graphql import (
    GraphQLDeferDirective,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    GraphQLStreamDirective,
    VariableNode,
)
from graphql.execution.collect_fields import collect_fields
from graphql.type.introspection import SchemaMetaFieldDef, TypeMetaFieldDef

from breadth.kinds import NOTHING
from breadth.plan import Selection
from breadth.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import (
        DirectiveNode,
        DocumentNode,
        GraphQLSchema,
        SelectionSetNode,
    )
    from graphql.execution.executor import Executor

    from breadth.executor import BreadthExecutor

MOST_REQUESTS = 1_000
"""How many are kept, each as long as its document; the one that was made first goes first."""

MOST_VARIANTS = 4
"""How many plans are kept of an operation whose variables decide what is skipped."""


class Request:
    """An operation of a document, as graphql-core has built an executor for it."""

    __slots__ = (
        "conditions", "covered", "document", "fragment_definitions", "fragments", "operation", "schema",
        "selections", "variables",
    )  # fmt: skip

    def __init__(self, document: ref[DocumentNode], executor: Executor[Any]) -> None:
        self.schema, self.document, self.operation = executor.schema, document, executor.operation
        self.fragment_definitions, self.fragments = executor.fragment_definitions, executor.fragments
        self.variables = Variables(self.schema, self.operation.variable_definitions or ())
        directives = list(self._directives())
        self.covered = not any(
            directive.name.value in (GraphQLDeferDirective.name, GraphQLStreamDirective.name)
            for directive in directives
        ) and not any(fragment.variable_definitions for fragment in self.fragment_definitions.values())
        # The variables that decide what is skipped.
        self.conditions = [
            argument.value.name.value
            for directive in directives
            if directive.name.value in (GraphQLSkipDirective.name, GraphQLIncludeDirective.name)
            for argument in directive.arguments or ()
            if isinstance(argument.value, VariableNode)
        ]
        self.selections: dict[tuple[object, ...], Selection | None] = {}

    def decided(self, executor: Executor[Any]) -> tuple[Any, ...]:
        """Return the values of the variables that decide what is skipped."""
        coerced = executor.variable_values.coerced
        return tuple([coerced.get(name) for name in self.conditions])

    def selection(self, executor: BreadthExecutor) -> Selection | None:
        """Return what is asked of the root, or None when it needs graphql-core's executor."""
        if self.conditions:
            executor.decided = self.decided(executor)
            if not _DECISIONS.issuperset(map(type, executor.decided)):
                return None
        decided = executor.decided
        if decided not in self.selections:
            if len(self.selections) >= MOST_VARIANTS:
                self.selections.clear()
            self.selections[decided] = self._planned(executor)
        return self.selections[decided]

    def _planned(self, executor: Executor[Any]) -> Selection | None:
        root = self.schema.get_root_type(self.operation.operation)
        if not self.covered or root is None:
            return None
        try:
            grouped, *_ = collect_fields(
                self.schema, executor.fragments, executor.variable_values, root, self.operation
            )
        except (GraphQLError, RecursionError):
            return None
        selection = Selection(self.schema, root, grouped)
        introspects = any(
            field.definition in (SchemaMetaFieldDef, TypeMetaFieldDef) for field in selection.fields
        )
        return None if introspects else selection

    def _directives(self) -> Iterator[DirectiveNode]:
        nodes = self.operation, *self.fragment_definitions.values()
        waiting: list[SelectionSetNode | None] = [node.selection_set for node in nodes]
        while waiting:
            selection_set = waiting.pop()
            for node in selection_set.selections if selection_set else ():
                yield from node.directives or ()
                waiting.append(getattr(node, "selection_set", None))


_DECISIONS = {bool, NOTHING}

# Documents compare by their content, which takes long. A request goes with its document, before another one
# can have that id, and keeps its schema.
_requests: dict[tuple[int, int, str | None], Request] = {}

_making_room = Lock()


def known_request(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None
) -> Request | None:
    """Return the request for which an executor has been built before, or None."""
    return _requests.get((id(schema), id(document), operation_name))


def new_request(document: DocumentNode, operation_name: str | None, executor: Executor[Any]) -> Request:
    """Return the request that an executor has been built for, and keep it."""
    key = id(executor.schema), id(document), operation_name
    request = Request(ref(document, lambda _gone: _requests.pop(key, None)), executor)
    with _making_room:
        while len(_requests) >= MOST_REQUESTS:
            _requests.pop(next(iter(_requests)), None)
        _requests[key] = request
    return request
