# ruff: noqa: ARG002, D101 - Strawberry reads annotations at run time and hands its own arguments to resolvers.
"""Pets: a Strawberry schema with something of everything."""

import enum
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Generic, NewType, TypeVar

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types.nodes import SelectedField

from tests.unit.breadth.strawberries import schema

T = TypeVar("T")


class Allowed(strawberry.BasePermission):
    """Allows what is not secret."""

    message = "secret"

    def has_permission(self, source: Any, info: strawberry.Info, **_arguments: Any) -> bool:
        return source is None or source.name not in info.context["secret"]


class AllowedLater(Allowed):
    """The same, asynchronously."""

    async def has_permission(  # type: ignore[override]
        self, source: Any, info: strawberry.Info, **arguments: Any
    ) -> bool:
        return super().has_permission(source, info, **arguments)


class Loud(FieldExtension):
    """Says it louder."""

    def resolve(self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        return next_(source, info, **kwargs).upper()

    async def resolve_async(self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        return (await next_(source, info, **kwargs)).upper()


class LoudLater(FieldExtension):
    """Says it louder, asynchronously only."""

    async def resolve_async(self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        result = next_(source, info, **kwargs)
        return (await result if hasattr(result, "__await__") else result).upper()


class NotFound(Exception):
    """There is nothing."""


@strawberry.type
class Missing:
    what: str


class NotFoundHandler(strawberry.ExceptionHandler[NotFound, Missing]):
    """Answers with what is missing; what is unknown it leaves to others."""

    def handle(self, exc: NotFound, *, field: Any, info: Any) -> Any:
        return None if str(exc) == "unknown" else Missing(what=f"{exc} of {field.python_name}")


@strawberry.enum
class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


Odd = NewType("Odd", int)


def odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(f"{value} is even")
    return value


def name_of(root: "Pet") -> str:
    return root.name


async def name_of_later(root: "Pet") -> str:
    return root.name


def size_of(pet: strawberry.Parent["Pet"]) -> Size:
    return Size.LARGE if pet.name == "Rex" else Size.SMALL


def found(root: "Pet") -> "Pet | Missing":
    if root.name == "Rex":
        return root
    raise NotFound("unknown" if root.name == "Ann" else root.name)


async def found_later(root: "Pet") -> "Pet | Missing":
    return found(root)


def told(root: "Pet", info: strawberry.Info, times: int = 1) -> str:
    names = [field.name for field in info.selected_fields if isinstance(field, SelectedField)]
    return (
        f"{root.name} {info.path.as_list()} {info.field_name} {info.python_name} {info.return_type} "
        f"{names} {info.variable_values} {times} {info.context['secret']}"
    )


FoundType = Annotated["Pet | Missing", strawberry.union("Found")]


@strawberry.interface
class Named:
    name: str
    long_name: str | None = None

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, cls)


@strawberry.type
class Pet(Named):
    odd: Odd = Odd(1)
    secret: str = strawberry.field(resolver=name_of, permission_classes=[Allowed])
    secret_later: str | None = strawberry.field(resolver=name_of, permission_classes=[AllowedLater])
    later_secret: str | None = strawberry.field(resolver=name_of_later, permission_classes=[Allowed])
    loud: str = strawberry.field(resolver=name_of, extensions=[Loud()])
    loud_later: str = strawberry.field(resolver=name_of, extensions=[LoudLater()])
    later_loud: str = strawberry.field(resolver=name_of_later, extensions=[Loud()])
    size: Size = strawberry.field(resolver=size_of)
    found: FoundType | None = strawberry.field(resolver=found)
    found_later: FoundType | None = strawberry.field(resolver=found_later)
    told: str = strawberry.field(resolver=told)

    @property
    def broken(self) -> str:
        raise LookupError(f"{self.name} is broken")


@strawberry.type
class Wrecked:
    """Its attributes raise."""

    fine: str = "fine"
    wreck: str | None = strawberry.field(name="wreck", default=None)

    def __getattribute__(self, name: str) -> Any:
        if name == "wreck":
            raise LookupError("wrecked")
        return super().__getattribute__(name)


@strawberry.type
class Box(Generic[T]):
    inside: list[T]


@dataclass
class Impostor:
    """No Strawberry type, but it looks like one."""

    name: str
    long_name: str = "pretends"


TOM, REX, ANN = Pet(name="Tom"), Pet(name="Rex", long_name="Tyrannosaurus"), Pet(name="Ann", odd=Odd(2))


@strawberry.type
class Query:
    pets: list[Pet | None] = strawberry.field(resolver=lambda: [TOM, REX, ANN])
    named: list[Named] = strawberry.field(resolver=lambda: [REX, TOM])
    box: Box[Pet] = strawberry.field(resolver=lambda: Box(inside=[TOM]))
    numbers: Box[int] = strawberry.field(resolver=lambda: Box(inside=[1]))
    wrecks: list[Wrecked] = strawberry.field(resolver=lambda: [Wrecked(), Wrecked()])

    @strawberry.field
    def impostor(self) -> Pet | None:
        return Impostor("x")  # type: ignore[return-value]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def counting(self, to: int) -> AsyncIterator[Pet]:
        for number in range(to):
            yield Pet(name=str(number))


def asked(executor: Any) -> strawberry.Schema:
    """Return the schema on an executor."""
    return schema(
        Query,
        executor,
        subscription=Subscription,
        config=StrawberryConfig(
            scalar_map={Odd: strawberry.scalar(name="Odd", serialize=odd, parse_value=odd)},
        ),
        exception_handlers=[NotFoundHandler()],
    )
