"""Lists that come one item after the other."""

from __future__ import annotations

from asyncio import Barrier, Event, wait_for
from typing import TYPE_CHECKING, Any

from tests.unit.breadth.asking import ask_later, failures

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SCHEMA = "type Query { some: [Int] all: [Int!] boxes: [Box] } type Box { all: [Int!] } "


class Source:
    """An asynchronous iterator that knows whether it was closed."""

    def __init__(self, *items: Any) -> None:
        self.items = iter(items)
        self.closed = Event()

    def __aiter__(self) -> Source:
        return self

    async def __anext__(self) -> Any:
        for item in self.items:
            if isinstance(item, OSError):
                raise item
            return item
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.closed.set()


async def test_its_items_are_a_list() -> None:
    """An asynchronous iterable is a list, awaitable items and errors among them included."""

    async def three() -> int:
        return 3

    result = await ask_later(SCHEMA, "{ some }", {"some": Source(1, None, three(), ValueError("no"), 5)})

    assert result.data == {"some": [1, None, 3, None, 5]}
    assert failures(result) == [("no", ["some", 3])]


async def test_without_items_the_list_is_empty() -> None:
    """An asynchronous iterable may have nothing to give."""
    assert (await ask_later(SCHEMA, "{ all }", {"all": Source()})).data == {"all": []}


async def test_it_is_closed_when_it_fails() -> None:
    """When it raises, the list is null, and it is closed."""
    source = Source(1, OSError("gone"))

    result = await ask_later(SCHEMA, "{ some }", {"some": source})

    assert result.data == {"some": None}
    assert failures(result) == [("gone", ["some"])]
    assert source.closed.is_set()


async def test_it_is_closed_when_an_item_fails() -> None:
    """When an item is null that must not be, it is closed."""
    source = Source(1, None, 3, 4)

    result = await ask_later(SCHEMA, "{ all }", {"all": source})

    assert result.data == {"all": None}
    assert [path for _, path in failures(result)] == [["all", 1]]
    assert source.closed.is_set()
    assert [*source.items] == [3, 4]


async def test_no_more_is_asked_for_behind_an_item_that_does_not_fit() -> None:
    """When an item is not of the list's type, it is closed, too: there may be no end to it."""
    source = Source(1, "one", 3, 4)

    result = await ask_later(SCHEMA, "{ all }", {"all": source})

    assert result.data == {"all": None}
    assert [path for _, path in failures(result)] == [["all", 1]]
    assert source.closed.is_set()
    assert [*source.items] == [3, 4]


async def test_its_items_may_be_objects() -> None:
    """Items are completed as those of any list."""
    boxes = Source({"all": Source(1)}, {"all": [2]}, None)

    result = await ask_later(SCHEMA, "{ boxes { all } }", {"boxes": boxes})

    assert result.data == {"boxes": [{"all": [1]}, {"all": [2]}, None]}


async def test_several_go_on_at_the_same_time() -> None:
    """The lists of several objects do not wait for each other."""
    barrier = Barrier(2)

    async def items() -> AsyncIterator[int]:
        await wait_for(barrier.wait(), 5)
        yield 1

    result = await ask_later(SCHEMA, "{ boxes { all } }", {"boxes": [{"all": items()}, {"all": items()}]})

    assert result.data == {"boxes": [{"all": [1]}, {"all": [1]}]}
