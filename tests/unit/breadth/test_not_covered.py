"""What is left to graphql-core's executor gives its answers all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import (
    AbortController,
    ExecutionHooks,
    ExecutionResult,
    GraphQLDeferDirective,
    GraphQLStreamDirective,
    build_schema,
    execute,
    experimental_execute_incrementally,
    get_introspection_query,
    parse,
    subscribe,
)

from breadth import BreadthExecutor
from tests.unit.breadth.asking import ask, built, failures

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SCHEMA = """
    type Query { a: Int all: [Int] pet: Pet must: Int! }
    type Pet { name: String }
    type Subscription { count: Pet }
"""
ROOT = {"a": 1, "all": [1, 2, 3], "pet": {"name": "Tom"}}


def test_introspection() -> None:
    """A schema describes itself."""
    document = get_introspection_query()

    assert ask(SCHEMA, document) == execute(built(SCHEMA), parse(document))
    assert ask(SCHEMA, '{ a __type(name: "Pet") { name } }', ROOT).data == {"a": 1, "__type": {"name": "Pet"}}


def test_typename() -> None:
    """The root has a type's name, too."""
    assert ask(SCHEMA, "{ __typename pet { __typename } }", ROOT).data == {
        "__typename": "Query",
        "pet": {"__typename": "Pet"},
    }


async def test_subscriptions() -> None:
    """Each event of a subscription is answered."""

    async def count(_info: Any) -> AsyncIterator[Any]:
        for name in "ab":
            yield {"count": {"name": name}}

    events: Any = subscribe(
        built(SCHEMA),
        parse("subscription { count { name } }"),
        {"count": count},
        executor_class=BreadthExecutor,
    )
    if hasattr(events, "__await__"):
        events = await events

    assert not isinstance(events, ExecutionResult)
    assert [event.data async for event in events] == [{"count": {"name": name}} for name in "ab"]


@pytest.mark.parametrize(
    "document",
    ["{ a ... @defer { pet { name } } }", "{ a ...F @defer } fragment F on Query { pet { name } }"],
)
async def test_defer(document: str) -> None:
    """What is deferred comes later."""
    initial, later = await incremental(document)

    assert initial == {"a": 1}
    assert {"pet": {"name": "Tom"}} in [part.data for payload in later for part in payload.incremental or ()]


async def test_stream() -> None:
    """What is streamed comes item by item."""
    initial, later = await incremental("{ all @stream(initialCount: 1) }")

    assert initial == {"all": [1]}
    assert [item for payload in later for part in payload.incremental or () for item in part.items] == [2, 3]


async def incremental(document: str) -> tuple[Any, list[Any]]:
    schema = build_schema(SCHEMA)
    schema.directives = (*schema.directives, GraphQLDeferDirective, GraphQLStreamDirective)
    result: Any = experimental_execute_incrementally(
        schema, parse(document), ROOT, executor_class=BreadthExecutor
    )
    if hasattr(result, "__await__"):
        result = await result
    return result.initial_result.data, [payload async for payload in result.subsequent_results]


def test_middleware() -> None:
    """Middleware is called for each field."""
    seen = []

    def middleware(resolve: Any, source: Any, info: Any, **arguments: Any) -> Any:
        seen.append(info.path.as_list())
        return resolve(source, info, **arguments)

    assert ask(SCHEMA, "{ a pet { name } }", ROOT, middleware=[middleware]).data == {
        "a": 1,
        "pet": {"name": "Tom"},
    }
    assert seen == [["a"], ["pet"], ["pet", "name"]]


def test_abort_signal() -> None:
    """A request that was aborted is not executed."""
    controller = AbortController()
    controller.abort(RuntimeError("too late"))

    with pytest.raises(RuntimeError, match="too late"):
        ask(SCHEMA, "{ a }", ROOT, abort_signal=controller.signal)


def test_hooks() -> None:
    """Whoever wants to know when the work is finished is told."""
    told: list[Any] = []

    ask(SCHEMA, "{ a }", ROOT, hooks=ExecutionHooks(async_work_finished=told.append))

    assert len(told) == 1


def test_errors_without_propagation() -> None:
    """A request may say that errors stay where they are."""
    result = ask(SCHEMA, "query @experimental_disableErrorPropagation { a must }", {"a": 1})

    assert result.data == {"a": 1, "must": None}
    assert [path for _, path in failures(result)] == [["must"]]


def test_operations_that_the_schema_does_not_have() -> None:
    """A mutation without a type for it is an error."""
    result = execute(built(SCHEMA), parse("mutation { a }"), ROOT, executor_class=BreadthExecutor)

    assert isinstance(result, ExecutionResult)
    assert failures(result) == [("Schema is not configured to execute mutation operation.", [])]
