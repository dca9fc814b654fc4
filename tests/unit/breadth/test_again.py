"""What graphql-core finishes, as several errors are to be told or siblings to be left, happens only once."""

from __future__ import annotations

import gc
import weakref
from asyncio import Event, create_task, sleep
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from graphql import ExecutionResult, build_schema, execute, parse
from graphql.execution import Executor

from breadth import BreadthExecutor
from tests.unit.breadth.asking import failures

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

SCHEMA = build_schema(
    """
    type Query { pets: [Pet] pet: Pet any: [Any] must: Int! }
    union Any = Pet | Place
    type Place { name: String }
    type Pet {
      name: String later: String must: String! mustLater: String!
      friends: [Pet!] read: [Pet!] readLater: [Pet!]
    }
    """
)


class Calls:
    """Resolvers that note how often they are called, and what they return is awaited or read."""

    def __init__(self) -> None:
        self.number: Counter[str] = Counter()

    def now(self, name: str, value: Any) -> Callable[..., Any]:
        def resolve(_info: Any) -> Any:
            self.number[name] += 1
            return value() if callable(value) else value

        return resolve

    def later(self, name: str, value: Any) -> Callable[..., Any]:
        async def resolve(_info: Any) -> Any:
            self.number[name] += 1
            await sleep(0)
            if isinstance(value, Exception):
                raise value
            return value() if callable(value) else value

        return resolve

    def read(self, name: str, values: Sequence[Any]) -> Callable[..., Iterator[Any]]:
        def resolve(_info: Any) -> Iterator[Any]:
            self.number[name] += 1
            yield from values

        return resolve

    def read_later(self, name: str, values: Sequence[Any]) -> Callable[..., AsyncIterator[Any]]:
        async def resolve(_info: Any) -> AsyncIterator[Any]:
            self.number[name] += 1
            for value in values:
                await sleep(0)
                yield value

        return resolve

    def pet(self) -> dict[str, Any]:
        return {
            "__typename": "Pet",
            "name": self.now("name", ValueError("no name")),
            "later": self.later("later", ValueError("no later")),
            "must": self.now("must", None),
            "mustLater": self.later("mustLater", None),
            "friends": self.later(
                "friends", lambda: [self.later("friend", {"name": "a"})(None), {"must": "b"}]
            ),
            "read": self.read("read", [{"name": "a"}, {"name": ValueError("no a")}]),
            "readLater": self.read_later("readLater", [{"name": "a"}, ValueError("no b")]),
        }

    def root(self) -> dict[str, Any]:
        return {
            "pet": self.later("pet", self.pet()),
            "pets": self.now("pets", lambda: [self.pet(), self.later("item", self.pet())(None)]),
            "any": [self.pet()],
            "must": self.now("root", None),
        }


@pytest.mark.parametrize(
    "document",
    [
        "{ pet { name later } }",
        "{ pet { later name friends { must } } }",
        "{ pet { read { name } readLater { name } } pets { name } }",
        "{ pets { later mustLater read { name } } }",
        "{ pets { friends { name must } mustLater } pet { must } }",
        "{ pet { later must } }",
        "{ pet { must later } }",
        "{ pet { readLater { name } mustLater } }",
        "{ any { ... on Pet { name later } } }",
        "{ pets { later } must }",
        "{ pet { name } must }",
    ],
)
async def test_resolvers_are_called_as_often_as_by_graphql_core(document: str) -> None:
    """Each once for each object, and what they return is awaited and read once."""
    answers = []
    for executor_class in (Executor, BreadthExecutor):
        calls = Calls()
        executed = execute(SCHEMA, parse(document), calls.root(), executor_class=executor_class)
        result = executed if isinstance(executed, ExecutionResult) else await executed
        await sleep(0.01)  # for what graphql-core leaves in the background
        answers.append((result.data, failures(result), calls.number))

    assert answers[0] == answers[1]


async def test_what_comes_after_a_failure_is_not_reported() -> None:
    """A sibling that waits for somebody else and fails later than what leaves null has no error, as there."""
    go = Event()

    async def slow(_info: Any) -> None:
        await go.wait()
        raise ValueError("slow")

    async def must(_info: Any) -> None:
        await sleep(0)
        raise ValueError("must")

    for executor_class in (Executor, BreadthExecutor):
        go.clear()
        pet = {"later": slow, "mustLater": must}
        document = parse("{ pet { later mustLater } }")
        executed: Any = execute(SCHEMA, document, {"pet": pet}, executor_class=executor_class)
        task = create_task(awaited(executed))
        for _ in range(10):
            await sleep(0)
        go.set()

        assert failures(await task) == [("must", ["pet", "mustLater"])]


async def test_an_error_leaves_nothing_to_the_garbage_collector() -> None:
    """What a request has had is gone with its answer, also when something that was awaited has failed."""

    class Context:
        pass

    async def later(_info: Any) -> None:
        await sleep(0)
        raise ValueError("no later")

    context = Context()
    gone = weakref.ref(context)
    gc.collect()
    gc.disable()
    try:
        executed: Any = execute(
            SCHEMA,
            parse("{ pet { later } }"),
            {"pet": {"later": later}},
            context,
            executor_class=BreadthExecutor,
        )
        del context
        assert failures(await awaited(executed)) == [("no later", ["pet", "later"])]
        del executed
        assert gone() is None
    finally:
        gc.enable()


async def awaited(executed: Awaitable[ExecutionResult]) -> ExecutionResult:
    return await executed
