"""Without an event loop: what needs none completes, what needs one says so."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from graphql import ExecutionResult, execute_sync, parse

from breadth import BreadthExecutor
from tests.unit.breadth.asking import ask, begin, built

SCHEMA = "type Query { a: Int b: Int must: Int! pets: [Pet] } type Pet { name: String friends: [Pet] }"


async def later(_info: Any = None) -> int:
    return 1


async def fail(_info: Any = None) -> int:
    raise ValueError("no")


def test_what_needs_no_waiting_is_there_at_once() -> None:
    """The answer is no awaitable unless a resolver gave one."""
    assert isinstance(begin(SCHEMA, "{ a pets { name } }", {"a": 1, "pets": [{}]}), ExecutionResult)


@pytest.mark.parametrize(
    ("document", "root"),
    [
        ("{ a }", lambda: {"a": later}),
        ("{ a b must }", lambda: {"a": later, "b": fail, "must": later}),
        ("{ pets { name } }", lambda: {"pets": [{"name": later}, {}, {"name": later}]}),
        ("{ pets { name } }", lambda: {"pets": [later(), {}, later()]}),
        (
            "{ b pets { friends { name } } }",
            lambda: {"b": later, "pets": [{"friends": [{"name": fail}, later()]}]},
        ),
    ],
)
def test_asynchronous_resolvers_are_refused(document: str, root: Any) -> None:
    """`execute_sync` says that it could not, and leaves no coroutine behind that was never awaited."""
    with pytest.raises(RuntimeError, match="failed to complete synchronously"):
        execute_sync(built(SCHEMA), parse(document), root(), executor_class=BreadthExecutor, check_sync=True)

    gc.collect()


def test_an_error_without_a_loop_leaves_no_coroutine_behind() -> None:
    """Where a synchronous error makes the answer null, what was begun is closed."""

    def must(_info: Any) -> None:
        raise ValueError("no")

    assert ask(SCHEMA, "{ a must }", {"a": later, "must": must}).data is None
    gc.collect()


def test_a_loop_may_come_later() -> None:
    """What was begun without an event loop is awaited in any."""
    result = begin(SCHEMA, "{ a b pets { name } }", {"a": later, "b": fail, "pets": [{"name": later}]})

    assert asyncio.run(result).data == {"a": 1, "b": None, "pets": [{"name": "1"}]}
