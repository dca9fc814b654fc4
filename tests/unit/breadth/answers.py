"""Answers in a form that compares."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from graphql import execute, print_ast, print_schema

from tests.unit.breadth.values import described

if TYPE_CHECKING:
    from graphql import DocumentNode, ExecutionResult, Executor, GraphQLError, GraphQLSchema

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

    @classmethod
    def of(cls, result: ExecutionResult) -> Answer:
        return cls(repr(result.data), tuple(map(Error.of, result.errors or ())))


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


async def settled() -> None:
    """Wait for the tasks that were left to end in the background."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others, timeout=10)
