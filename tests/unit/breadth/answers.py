"""Answers in a form that compares, and which errors an answer may have where timing decides."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from graphql import GraphQLError, execute, is_non_null_type, print_ast, print_schema
from graphql.execution.executor import CollectedErrors
from graphql.execution.incremental import IncrementalExecutor

from tests.unit.breadth.values import ELSEWHERE, described

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from graphql import DocumentNode, ExecutionResult, Executor, GraphQLSchema

Position: TypeAlias = tuple[str | int, ...]
"""A path in the answer."""


class Error(NamedTuple):
    """What an error says."""

    message: str
    path: Position
    locations: tuple[tuple[int, int], ...]
    original: str
    extensions: str

    @classmethod
    def of(cls, error: GraphQLError) -> Error:
        return cls(
            error.message,
            tuple(error.path or ()),
            tuple((place.line, place.column) for place in error.locations or ()),
            type(error.original_error).__name__,
            repr(error.extensions),
        )


class Answer(NamedTuple):
    """An answer: `data` as text, so that the order of keys and 1 and True differ."""

    data: str
    errors: tuple[Error, ...]
    nulled: frozenset[Position]

    @classmethod
    def of(cls, result: ExecutionResult) -> Answer:
        errors = tuple(map(Error.of, result.errors or ()))
        return cls(
            repr(result.data),
            errors,
            frozenset(nulled(result.data, error.path) for error in errors if error.path != ELSEWHERE),
        )


def nulled(data: Any, path: Position) -> Position:
    """Return the outermost position on the way to an error at which the data is null."""
    depth = 0
    while data is not None:
        data = data[path[depth]]
        depth += 1
    return path[:depth]


class Case(NamedTuple):
    """All that an executor needs."""

    schema: GraphQLSchema
    document: DocumentNode
    root: Any
    variables: dict[str, Any]
    operation_name: str | None

    def __repr__(self) -> str:
        asked = f"{print_ast(self.document)}\n{self.variables} {self.operation_name}"
        return f"\n{print_schema(self.schema)}\n\n{asked}\n\n{described(self.root)}"

    def execute(self, executor_class: type[Executor[Any]]) -> Any:
        return execute(
            self.schema,
            self.document,
            self.root,
            "context",
            self.variables,
            self.operation_name,
            executor_class=executor_class,
        )

    async def answer(self, executor_class: type[Executor[Any]]) -> Answer:
        """Execute, and wait for all that was begun, until nothing is left behind."""
        result = self.execute(executor_class)
        if hasattr(result, "__await__"):
            result = await asyncio.wait_for(result, 10)
        answer = Answer.of(result)
        await settled()
        return answer

    async def possible(self) -> Possible:
        """Find every error that graphql-core can come to, whatever the timing.

        Nothing becomes null here but what has the error itself, so that no error hides another, and nobody's
        siblings are cancelled.
        """
        executor = _Everything.build(
            self.schema, self.document, self.root, "context", self.variables, self.operation_name
        )
        if isinstance(executor, list):
            return Possible([Error.of(error) for error in executor], set())
        assert isinstance(executor, _Everything)
        executor.error_propagation = False
        executor.collected_errors = every = _AllErrors()
        executor.required = {}
        result: Any = executor.execute_operation()
        if hasattr(result, "__await__"):
            await asyncio.wait_for(result, 10)
        await settled()
        return Possible(
            [Error.of(error) for error in every.errors],
            {path for path, required in executor.required.items() if not required},
        )


class Possible(NamedTuple):
    """The errors that an answer can have, and the positions that may be null."""

    errors: Sequence[Error]
    nullable: Container[Position]

    def nulled(self, error: Error) -> Position:
        """Return the position that becomes null by an error."""
        depth = len(error.path)
        while depth and error.path[:depth] not in self.nullable:
            depth -= 1
        return error.path[:depth]


class _AllErrors(CollectedErrors):
    def add(self, error: GraphQLError, path: Any) -> None:  # noqa: ARG002 - graphql-core's signature
        self._errors.append(error)


class _Everything(IncrementalExecutor):
    """Notes which positions must not be null."""

    required: dict[Position, bool]

    def complete_value(self, return_type: Any, details: Any, info: Any, path: Any, *rest: Any) -> Any:
        self.required.setdefault(tuple(path.as_list()), is_non_null_type(return_type))
        return super().complete_value(return_type, details, info, path, *rest)

    def handle_field_error(self, raw_error: Exception, return_type: Any, details: Any, path: Any) -> None:
        self.required.setdefault(tuple(path.as_list()), is_non_null_type(return_type))
        super().handle_field_error(raw_error, return_type, details, path)


async def settled() -> None:
    """Wait for the tasks that were left to end in the background."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others, timeout=10)


def agree(ours: Answer, theirs: Answer, possible: Possible) -> bool:
    """Tell whether an answer is one that graphql-core gives, though its resolvers' timing may decide which.

    Data never depends on timing. Errors do: when several come up below a position that becomes null, those
    that come up first are reported, and not those that come up when it is null already; resolvers that
    have been cancelled have none to report; and positions that are null on their own report in the order
    of time. So

    - the data is the same;
    - the outermost positions that are null by an error are the same, and each has an error that says why;
    - each error is one that graphql-core can come to, and is there once;
    - no error is below a position that has become null by one before it;
    - an error is there if no other one can make its position, or one above it, null;
    - where no more than one error is possible, it is the same one.
    """
    if ours.data != theirs.data or ours.nulled != theirs.nulled:
        return False
    if len(possible.errors) < 2:
        return ours.errors == theirs.errors
    return reportable(ours.errors, possible)


def reportable(errors: Sequence[Error], possible: Possible) -> bool:
    """Tell whether graphql-core can report these errors, and no others, in this order."""
    rest = [*possible.errors]
    null: list[Position] = []
    for error in errors:
        position = possible.nulled(error)
        if error not in rest or any(position[: len(above)] == above for above in null):
            return False
        rest.remove(error)
        null.append(position)
    positions = [possible.nulled(error) for error in possible.errors]
    certain = [
        error
        for number, error in enumerate(possible.errors)
        if not any(
            positions[number][: len(above)] == above
            for other, above in enumerate(positions)
            if other != number
        )
    ]
    return {*certain} <= {*errors}
