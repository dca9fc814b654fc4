"""Requests to Strawberry's schemas, on the executor under test and on Strawberry's own."""

from typing import Any

import strawberry
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionResult

from breadth import StrawberryBreadthExecutor

EXECUTORS = [StrawberryBreadthExecutor, StrawberryGraphQLCoreExecutionContext]
"""What holds on the one holds on the other: tests take both, to say so."""


def schema(query: Any, executor: Any = StrawberryBreadthExecutor, **options: Any) -> strawberry.Schema:
    """Return a schema on an executor."""
    return strawberry.Schema(query, execution_context_class=executor, **options)


def outcome(result: ExecutionResult) -> tuple[Any, list[tuple[str, list[str | int]]]]:
    """Return the data of an answer, and what went wrong where."""
    return result.data, [(error.message, error.path or []) for error in result.errors or ()]
