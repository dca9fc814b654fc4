"""Errors come in graphql-core's order, and one that comes too late is not reported, as there."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, Final

import pytest
from graphql import ExecutionResult, build_schema, execute, parse
from graphql.execution import Executor

from breadth import BreadthExecutor
from tests.unit.breadth.asking import failures

if TYPE_CHECKING:
    from collections.abc import Generator

SCHEMA = build_schema(
    """
    type Query { now: Node later: Node nodes: [Node] sure: [Node!] grid: [[Node]] }
    type Mutation { now: Node later: Node }
    type Node { id: Int now: Node later: Node nowMust: Node! laterMust: Node! }
    """
)


class Later:
    """A value that is awaited; unlike a coroutine, it may also be left alone."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Generator[None, None, Any]:
        yield from ()
        return self.value


NODE: Final[dict[str, Any]] = {"id": 1, "nowMust": None, "laterMust": lambda _info: Later(None)}
NODE.update(now=NODE, later=lambda _info: Later(NODE))
ROOT: Final = NODE | {
    "nodes": [NODE, NODE],
    "sure": [NODE, NODE],
    "grid": [[NODE], [NODE, NODE], [NODE]],
}


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ("{ later { nowMust { id } } now { nowMust { id } } }", ["now.nowMust", "later.nowMust"]),
        ("{ a: now { laterMust { id } } b: now { nowMust { id } } }", ["b.nowMust", "a.laterMust"]),
        ("{ now { laterMust { id } nowMust { id } } }", ["now.nowMust"]),
        ("{ later { a: now { laterMust { id } } b: now { nowMust { id } } } }",
         ["later.b.nowMust", "later.a.laterMust"]),
        ("{ now { later { nowMust { id } } now { nowMust { id } } } }",
         ["now.now.nowMust", "now.later.nowMust"]),
        ("{ a: later { nowMust { id } } b: later { nowMust { id } } c: now { nowMust { id } } }",
         ["c.nowMust", "a.nowMust", "b.nowMust"]),
        ("mutation { later { nowMust { id } } now { nowMust { id } } }", ["later.nowMust", "now.nowMust"]),
        ("mutation { now { a: later { nowMust { id } } later { nowMust { id } } } later { nowMust { id } } }",
         ["now.a.nowMust", "now.later.nowMust", "later.nowMust"]),
        ("{ nodes { laterMust { id } } now { nowMust { id } } }",
         ["now.nowMust", "nodes.0.laterMust", "nodes.1.laterMust"]),
        ("{ sure { laterMust { id } nowMust { id } } }", ["sure.0.nowMust"]),
        ("{ grid { laterMust { id } } }",
         ["grid.0.0.laterMust", "grid.2.0.laterMust", "grid.1.0.laterMust", "grid.1.1.laterMust"]),
    ],
)  # fmt: skip
async def test_errors_are_in_graphql_cores_order(document: str, paths: list[str]) -> None:
    """What is not waited for comes first, then what takes fewer turns of the event loop."""
    for executor_class in (Executor, BreadthExecutor):
        executed = execute(SCHEMA, parse(document), ROOT, executor_class=executor_class)
        result = executed if isinstance(executed, ExecutionResult) else await executed

        assert [".".join(map(str, path)) for _, path in failures(result)] == paths


# graphql-core leaves coroutines alone that belong to tasks which it cancels before they start.
@pytest.mark.filterwarnings(
    "ignore:coroutine .* was never awaited",
    "ignore:Exception ignored in. <coroutine:pytest.PytestUnraisableExceptionWarning",
)
async def test_types_that_are_told_later_keep_the_order() -> None:
    """Types of objects are found in tasks, which take some turns to be cancelled."""
    schema = build_schema(
        """
        type Query { pet: Pet }
        interface Named { friends: [Named] name: String! }
        type Pet implements Named { friends: [Named] name: String! }
        """
    )
    pet: dict[str, Any] = {"__typename": "Pet", "name": lambda _info: Later(None)}
    pet["friends"] = [pet, pet, {}]

    async def is_pet(value: dict[str, Any], _info: Any) -> bool:
        return "__typename" in value

    schema.type_map["Pet"].is_type_of = is_pet  # type: ignore[attr-defined]
    document = parse("{ pet { friends { friends { friends { name } name } name } } }")

    ours, theirs = [
        failures(await execute(schema, document, {"pet": pet}, executor_class=executor_class))  # type: ignore[misc]
        for executor_class in (BreadthExecutor, Executor)
    ]

    gc.collect()
    assert len(theirs) == 7
    assert ours == theirs
