"""Requests as the tests of the executor make them: a schema's text, a document and a root value."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult, GraphQLSchema, build_schema, execute, parse

from breadth import BreadthExecutor

if TYPE_CHECKING:
    from collections.abc import Awaitable

built = cache(build_schema)


def begin(schema: GraphQLSchema | str, document: str, root: Any = None, **options: Any) -> Any:
    """Execute on the breadth-first executor; return the result, or an awaitable of it."""
    if isinstance(schema, str):
        schema = built(schema)
    return execute(schema, parse(document), root, executor_class=BreadthExecutor, **options)


def ask(schema: GraphQLSchema | str, document: str, root: Any = None, **options: Any) -> ExecutionResult:
    """Execute what needs no waiting."""
    result = begin(schema, document, root, **options)
    assert isinstance(result, ExecutionResult)
    return result


async def ask_later(
    schema: GraphQLSchema | str, document: str, root: Any = None, **options: Any
) -> ExecutionResult:
    """Execute what needs waiting."""
    result: Awaitable[ExecutionResult] = begin(schema, document, root, **options)
    assert not isinstance(result, ExecutionResult)
    return await result


def failures(result: ExecutionResult) -> list[tuple[str, list[str | int]]]:
    """Return what went wrong where, in the answer's order."""
    return [(error.message, error.path or []) for error in result.errors or ()]
