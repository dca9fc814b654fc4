"""What runs at the same time, and what is ended when nobody needs it any more."""

from __future__ import annotations

import asyncio
import gc
from asyncio import Barrier, CancelledError, Event, create_task, wait_for
from typing import Any

import pytest

from tests.unit.breadth.asking import ask_later, begin, failures

SCHEMA = """
    type Query { a: Int b: Int must: Int! pets: [Pet] sure: [Pet!] pet: Pet }
    type Pet { name: String must: String! friends: [Pet!] }
"""


class Hanging:
    """A resolver that never ends by itself."""

    def __init__(self) -> None:
        self.started = Event()
        self.cancelled = Event()

    async def __call__(self, _info: Any) -> None:
        self.started.set()
        try:
            await Event().wait()
        except CancelledError:
            self.cancelled.set()
            raise


def meeting(barrier: Barrier, value: Any) -> Any:
    """A resolver that ends only when as many run as the barrier has parties."""

    async def resolve(_info: Any) -> Any:
        await wait_for(barrier.wait(), 10)
        return value

    return resolve


async def test_fields_run_at_the_same_time() -> None:
    """All fields of an object start before the first has ended."""
    barrier = Barrier(2)

    result = await ask_later(SCHEMA, "{ a b }", {"a": meeting(barrier, 1), "b": meeting(barrier, 2)})

    assert result.data == {"a": 1, "b": 2}


async def test_objects_run_at_the_same_time() -> None:
    """The same field starts for all objects before it has ended for the first."""
    barrier = Barrier(3)
    pets = [{"name": meeting(barrier, name)} for name in "abc"]

    result = await ask_later(SCHEMA, "{ pets { name } }", {"pets": pets})

    assert result.data == {"pets": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}


async def test_items_run_at_the_same_time() -> None:
    """Items that are awaitable run together, those of different lists too."""
    barrier = Barrier(4)
    pets = [{"friends": [meeting(barrier, {"name": name})(None) for name in names]} for names in ("ab", "cd")]

    result = await ask_later(SCHEMA, "{ pets { friends { name } } }", {"pets": pets})

    assert result.data == {
        "pets": [{"friends": [{"name": name} for name in names]} for names in ("ab", "cd")]
    }


async def test_fields_of_different_types_run_at_the_same_time() -> None:
    """Objects of an abstract type do not wait for those of another type."""
    schema = """
        type Query { all: [Any] } union Any = A | B type A { a: String } type B { b: String }
    """
    barrier = Barrier(2)
    values = [
        {"__typename": "A", "a": meeting(barrier, "a")},
        {"__typename": "B", "b": meeting(barrier, "b")},
    ]

    result = await ask_later(schema, "{ all { ... on A { a } ... on B { b } } }", {"all": values})

    assert result.data == {"all": [{"a": "a"}, {"b": "b"}]}


async def test_what_is_slow_does_not_hold_up_what_is_below_its_sibling() -> None:
    """The selection below a field goes on while the field's sibling is waiting."""
    barrier = Barrier(2)

    async def pet(_info: Any) -> Any:
        return {"name": meeting(barrier, "a")}

    result = await ask_later(SCHEMA, "{ a pet { name } }", {"a": meeting(barrier, 1), "pet": pet})

    assert result.data == {"a": 1, "pet": {"name": "a"}}


async def failing(_info: Any) -> None:
    raise ValueError("no")


@pytest.mark.parametrize("document", ["{ a must }", "{ must a }"])
async def test_siblings_of_what_leaves_null_are_cancelled(document: str) -> None:
    """When an error has left null where an object would be, its other fields are ended."""
    hanging = Hanging()

    async def must(_info: Any) -> None:
        await hanging.started.wait()
        raise ValueError("no")

    result = await wait_for(ask_later(SCHEMA, document, {"a": hanging, "must": must}), 10)

    assert result.data is None
    assert failures(result) == [("no", ["must"])]
    assert hanging.cancelled.is_set()


async def test_siblings_of_an_item_that_leaves_null_are_cancelled() -> None:
    """When an item has failed that its list must have, the other items are ended."""
    hanging = Hanging()

    async def item() -> None:
        await hanging.started.wait()
        raise ValueError("no")

    result = await wait_for(
        ask_later(SCHEMA, "{ sure { name } }", {"sure": [hanging(None), item(), hanging(None)]}), 10
    )

    assert result.data == {"sure": None}
    assert failures(result) == [("no", ["sure", 1])]
    assert hanging.cancelled.is_set()


async def test_a_synchronous_error_does_not_wait_for_siblings() -> None:
    """An error without a wait leaves null at once; what was begun ends in the background."""
    ended, go = Event(), Event()

    async def a(_info: Any) -> int:
        await go.wait()
        ended.set()
        return 1

    def must(_info: Any) -> None:
        raise ValueError("no")

    result = begin(SCHEMA, "{ a must }", {"a": a, "must": must})

    assert result.data is None
    assert failures(result) == [("no", ["must"])]
    go.set()
    await wait_for(ended.wait(), 10)


async def test_siblings_of_what_may_be_null_go_on() -> None:
    """An error that stays where it is ends nobody else."""
    go = Event()

    async def a(_info: Any) -> int:
        await go.wait()
        return 1

    async def b(_info: Any) -> int:
        go.set()
        raise ValueError("no")

    result = await wait_for(ask_later(SCHEMA, "{ a b }", {"a": a, "b": b}), 10)

    assert result.data == {"a": 1, "b": None}


async def test_cancelling_the_request_cancels_its_resolvers() -> None:
    """Whoever awaits the answer and gives up ends what is running, at any depth."""
    one, two, three = Hanging(), Hanging(), Hanging()
    pets = [{"name": two}, {"name": three}]
    task = create_task(ask_later(SCHEMA, "{ a pets { name } }", {"a": one, "pets": pets}))
    for hanging in (one, two, three):
        await wait_for(hanging.started.wait(), 10)

    task.cancel()
    with pytest.raises(CancelledError):
        await task

    for hanging in (one, two, three):
        await wait_for(hanging.cancelled.wait(), 10)
    assert asyncio.all_tasks() == {asyncio.current_task()}


# Tasks that are cancelled before they start never await what they were started for.
@pytest.mark.filterwarnings("ignore:coroutine 'failing' was never awaited")
async def test_no_task_of_a_request_is_left_behind() -> None:
    """When the answer is there, no task of it is left, errors or not."""
    pets = [{"name": failing, "must": failing}, {"name": failing}]

    await ask_later(SCHEMA, "{ a must pets { name must } }", {"a": failing, "must": failing, "pets": pets})

    assert asyncio.all_tasks() == {asyncio.current_task()}
    gc.collect()
