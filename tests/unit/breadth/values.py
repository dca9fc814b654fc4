"""What resolvers return, and when: recipes, because a coroutine or a generator can be had only once."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Sequence

ELSEWHERE: Final = ("elsewhere", 1)
"""The path of an error that a resolver has located itself."""


class Pace(Enum):
    """How resolvers go: without a wait; asynchronous, but at once; or waiting some turns of the loop."""

    NOW = 0
    AT_ONCE = 1
    WAITING = 2


@dataclass(eq=False)
class Awaited:
    """An awaitable that is no coroutine; it waits as many turns of the event loop as its pace says."""

    pace: Pace | int
    value: Value | None = None

    def __await__(self) -> Generator[None, None, Any]:
        turns = self.pace if isinstance(self.pace, int) else int(self.pace is Pace.WAITING)
        for _ in range(turns):
            yield
        return self.value() if self.value else None


class Value:
    """A recipe of what a resolver returns: called, it makes that, or raises."""

    def __call__(self, _info: Any = None, /, **_arguments: Any) -> Any:
        raise NotImplementedError


@dataclass(eq=False)
class Plain(Value):
    """Something that can be had as often as wanted."""

    value: Any

    def __call__(self, _info: Any = None, /, **_arguments: Any) -> Any:
        return self.value


@dataclass(eq=False)
class Told(Value):
    """What the resolver was told, as text."""

    def __call__(self, info: Any = None, /, **arguments: Any) -> Any:
        if info is None:
            return "no resolver"
        told = [info.field_name, info.path.as_list(), [*info.path], info.parent_type, info.return_type]
        return f"{told} {len(info.field_nodes)} {arguments} {info.operation.name} {info.context}"


class Oops(Exception):
    """An error of ours."""


@dataclass(eq=False)
class Failure(Value):
    """An exception, returned or raised."""

    message: str
    raised: bool

    def __call__(self, _info: Any = None, /, **_arguments: Any) -> Any:
        error: Exception = Oops(self.message)
        if self.message == "graphql":
            error = GraphQLError(self.message, extensions={"code": 1})
        if self.message == "located":
            error = GraphQLError(self.message, path=ELSEWHERE)
        if self.raised:
            raise error
        return error


@dataclass(eq=False)
class Items(Value):
    """Items in a list, a tuple, a generator or an asynchronous one; generators can break behind the last.

    An asynchronous one waits so many turns of the event loop before each item, and before it ends.
    """

    kind: str
    items: Sequence[Value]
    breaks: bool = False
    turns: int = 0

    def __call__(self, _info: Any = None, /, **_arguments: Any) -> Any:
        if self.kind == "generator":
            return self.generated()
        if self.kind == "async generator":
            return self.generated_later()
        made: list[Any] = []
        for item in self.items:
            try:
                made.append(item())
            except Exception as error:  # noqa: BLE001 - a list cannot raise: it holds the error
                made.append(error)
        return tuple(made) if self.kind == "tuple" else made

    def generated(self) -> Iterator[Any]:
        for item in self.items:
            yield item()
        if self.breaks:
            raise Oops("broken")

    async def generated_later(self) -> AsyncIterator[Any]:
        for item in self.items:
            await Awaited(self.turns)
            yield item()
        await Awaited(self.turns)
        if self.breaks:
            raise Oops("broken")


@dataclass(eq=False)
class Later(Value):
    """A value to be awaited: as a coroutine, a future, or something else that has `__await__`."""

    kind: str
    turns: int
    value: Value

    def __call__(self, info: Any = None, /, **arguments: Any) -> Any:
        if self.kind == "future":
            future = get_running_loop().create_future()
            try:
                future.set_result(self.value(info, **arguments))
            except Exception as error:  # noqa: BLE001 - the future has it
                future.set_exception(error)
                future.exception()  # or asyncio complains of those that nobody asks
            return future
        if self.kind == "awaitable":
            return Awaited(self.turns, self.value)
        return self.arriving(info, arguments)

    async def arriving(self, info: Any, arguments: dict[str, Any]) -> Any:
        await Awaited(self.turns)
        return self.value(info, **arguments)


@dataclass(eq=False)
class Thing:
    """An object of the data; `claim` is what it says of its type, right or wrong."""

    typename: str
    claim: Any
    values: dict[str, Value] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        if name == "_Thing__typename":
            return self.claimed()
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None

    def __repr__(self) -> str:
        return f"<{self.typename} at {id(self):x}>"

    def claimed(self) -> Any:
        if self.claim == "raise":
            raise Oops("no type")
        return self.claim


class Row(Thing, Mapping[str, Any]):  # type: ignore[misc]  # `values` is no method here; nobody calls it
    """The same as a mapping."""

    def __getitem__(self, name: str) -> Any:
        return self.claimed() if name == "__typename" else self.values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)


def described(root: Thing) -> str:
    """Return all the objects that can be reached from one, with their values, for whom a test fails."""
    found, lines = [root], []
    for thing in found:
        kind = type(thing).__name__
        lines += [
            f"{thing} ({kind}, says {thing.claim})",
            *(f"    {k}: {v}" for k, v in thing.values.items()),
        ]
        waiting: list[Any] = [*thing.values.values()]
        while waiting:
            value = waiting.pop()
            if isinstance(value, Items):
                waiting += value.items
            elif isinstance(value, Later | Plain):
                waiting.append(value.value)
            elif isinstance(value, Thing) and value not in found:
                found.append(value)
    return "\n".join(lines)
