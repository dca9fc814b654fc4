"""Mutations run one after the other."""

from __future__ import annotations

from asyncio import Event, create_task
from typing import Any

from tests.unit.breadth.asking import ask, ask_later, failures

SCHEMA = """
    type Query { ok: Boolean }
    type Mutation { add(n: Int!): Counter must(n: Int!): Counter! }
    type Counter { total: Int! }
"""


class Counter:
    """Counts what it is given; adding nothing is an error."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, _info: Any, n: int) -> dict[str, int]:
        if not n:
            raise ValueError("nothing")
        self.total = self.total * 10 + n
        return {"total": self.total}

    must = add


class LateCounter(Counter):
    """The same, later."""

    async def add(self, info: Any, n: int) -> dict[str, int]:  # type: ignore[override]
        return super().add(info, n)

    must = add  # type: ignore[assignment]


def test_mutations_see_what_those_before_them_did() -> None:
    """Fields run in the order of the document, each complete before the next."""
    result = ask(
        SCHEMA, "mutation { b: add(n: 1) { total } a: must(n: 2) { total } add(n: 3) { total } }", Counter()
    )

    assert result.data == {"b": {"total": 1}, "a": {"total": 12}, "add": {"total": 123}}


async def test_asynchronous_mutations_wait_for_those_before_them() -> None:
    """The second does not start before the first is done, its own fields included."""
    started, go = Event(), Event()
    done: list[Any] = []

    async def total(_info: Any) -> int:
        started.set()
        await go.wait()
        done.append("total")
        return 1

    def add(_info: Any, n: int) -> Any:
        done.append(n)
        return {"total": total if n == 1 else n}

    document = "mutation { add(n: 1) { total } two: add(n: 2) { total } }"
    task = create_task(ask_later(SCHEMA, document, {"add": add}))
    await started.wait()
    go.set()

    assert (await task).data == {"add": {"total": 1}, "two": {"total": 2}}
    assert done == [1, "total", 2]


def test_an_error_does_not_stop_the_others() -> None:
    """Where null is allowed, the mutations behind a failed one run."""
    result = ask(SCHEMA, "mutation { add(n: 0) { total } two: add(n: 2) { total } }", Counter())

    assert result.data == {"add": None, "two": {"total": 2}}
    assert failures(result) == [("nothing", ["add"])]


def test_no_mutation_runs_behind_one_that_leaves_no_data() -> None:
    """Where null is not allowed, the mutations behind a failed one do not run."""
    counter = Counter()

    result = ask(
        SCHEMA, "mutation { add(n: 1) { total } must(n: 0) { total } two: add(n: 2) { total } }", counter
    )

    assert result.data is None
    assert failures(result) == [("nothing", ["must"])]
    assert counter.total == 1


async def test_no_asynchronous_mutation_runs_behind_one_that_leaves_no_data() -> None:
    """The same when they are asynchronous."""
    counter = LateCounter()

    result = await ask_later(SCHEMA, "mutation { must(n: 0) { total } two: add(n: 2) { total } }", counter)

    assert result.data is None
    assert failures(result) == [("nothing", ["must"])]
    assert counter.total == 0
