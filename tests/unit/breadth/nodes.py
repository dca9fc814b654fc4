# ruff: noqa: ARG002, D101, N805 - Strawberry hands its own arguments to resolvers; batched ones take all objects first.
"""Numbered nodes, a Strawberry schema with batched fields."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.extensions import FieldExtension

from breadth import StrawberryBreadthExecutor, batched
from tests.unit.breadth.strawberries import schema


class Allowed(strawberry.BasePermission):
    """Allows what is not the second."""

    message = "secret"

    def has_permission(self, source: Any, info: strawberry.Info, **_arguments: Any) -> bool:
        return bool(source.number != 2)


class Doubled(FieldExtension):
    """Doubles the value."""

    def resolve(self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        return next_(source, info, **kwargs) * 2


class Odd(Exception):
    """A number that is odd."""


@strawberry.type
class Oddity:
    number: int


class OddHandler(strawberry.ExceptionHandler[Odd, Oddity]):
    """Answers with the odd number."""

    def handle(self, exc: Odd, *, field: Any, info: Any) -> Oddity:
        return Oddity(number=exc.args[0])


Handled = Annotated["Node | Oddity", strawberry.union("Handled")]


@strawberry.type
class Node:
    number: int

    @batched(list["Node"])
    def children(nodes: Sequence["Node"], info: strawberry.Info) -> Any:
        """Two children each, but for those with big numbers."""
        info.context.note("children", nodes)
        return [
            [Node(number=2 * n.number), Node(number=2 * n.number + 1)] if n.number < 16 else [] for n in nodes
        ]

    @batched(int)
    async def squared(nodes: Sequence["Node"], info: strawberry.Info) -> Any:
        info.context.note("squared", nodes)
        return [node.number**2 for node in nodes]

    @batched(str)
    def added(nodes: Sequence["Node"], info: strawberry.Info, one: int, two_three: int = 23) -> Any:
        info.context.note(f"added {one}", nodes)
        return tuple(f"{node.number + one + two_three} {info.path.key}" for node in nodes)

    @batched(int)
    async def loaded(nodes: Sequence["Node"], info: strawberry.Info) -> Any:
        return await info.context.loader.load_many([node.number for node in nodes])

    @batched(int | None)
    def odd(nodes: Sequence["Node"]) -> Any:
        return [Odd(node.number) if node.number % 2 else node.number for node in nodes]

    @batched(int | None)
    async def raising(nodes: Sequence["Node"]) -> Any:
        raise ValueError(f"{len(nodes) > 0}")

    @batched(int | None)
    def too_few(nodes: Sequence["Node"]) -> Any:
        return [1] * (len(nodes) - 1)

    @batched(int | None)
    def no_list(nodes: Sequence["Node"]) -> Any:
        return None

    @batched(int | None, permission_classes=[Allowed])
    def secret(nodes: Sequence["Node"], info: strawberry.Info) -> Any:
        info.context.note("secret", nodes)
        return [node.number for node in nodes]

    @batched(int, extensions=[Doubled()])
    def doubled(nodes: Sequence["Node"], info: strawberry.Info) -> Any:
        info.context.note("doubled", nodes)
        return [node.number for node in nodes]

    @batched(Handled)
    def handled(nodes: Sequence["Node"], info: strawberry.Info) -> Any:
        info.context.note("handled", nodes)
        if nodes[0].number % 2:
            raise Odd(nodes[0].number)
        return [*nodes]


@strawberry.type
class Query:
    @strawberry.field
    def nodes(self, to: int = 4) -> list[Node]:
        return [Node(number=number) for number in range(1, to)]


class Context:
    """Notes which batched resolvers are called, with the numbers of which objects."""

    def __init__(self) -> None:
        self.called: list[tuple[str, list[int]]] = []
        self.loads: list[list[int]] = []
        self.loader = DataLoader(self.load)

    def note(self, resolver: str, nodes: Sequence[Node]) -> None:
        self.called.append((resolver, [node.number for node in nodes]))

    async def load(self, keys: list[int]) -> list[int]:
        self.loads.append(keys)
        return [-key for key in keys]


def asked(executor: Any = StrawberryBreadthExecutor) -> strawberry.Schema:
    """Return the schema on an executor."""
    return schema(Query, executor, exception_handlers=[OddHandler()])
