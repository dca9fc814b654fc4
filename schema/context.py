"""What the resolvers of one request share."""

from __future__ import annotations

import asyncio
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from db.row import attached
from models.service import CustomerService

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from models import CustomerEmail, CustomerPhoneNumber
    from schema.operation import Document

Row = TypeVar("Row")


class Loader(DataLoader[tuple[UUID, ...], list[list[Row]]]):
    """A loader of what belongs to ids, whose key is the tuple of all ids that a field asks for.

    So there is one future for each field in place of one for each object. All fields that ask at the same
    time share one call of `find`, and no id is found twice.
    """

    def __init__(self, find: Callable[[list[UUID]], Awaitable[dict[UUID, list[Row]]]]) -> None:
        known: dict[UUID, list[Row]] = {}
        tasks: list[asyncio.Task[Any] | None] = []

        # Not a method, which would refer back to the loader: only the garbage collector would find them.
        async def load(columns: list[tuple[UUID, ...]]) -> list[list[list[Row]]]:
            missing = [id_ for id_ in dict.fromkeys(chain.from_iterable(columns)) if id_ not in known]
            if missing:
                tasks.append(asyncio.current_task())
                found = await find(missing)
                known.update({id_: found.get(id_, []) for id_ in missing})
            return [[known[id_] for id_ in ids] for ids in columns]

        super().__init__(load)
        self._tasks = tasks

    def cancel(self) -> None:
        """Stop the look-ups under way. They run in tasks of their own, whoever waits for them."""
        for task in self._tasks:
            if task:
                task.cancel()


def load_unless_attached(
    owners: Sequence[Any], relation: str, loader: Callable[[], Loader[Row]]
) -> Sequence[Sequence[Row]] | Awaitable[Sequence[Sequence[Row]]]:
    """Return what belongs to each owner: what came with it, or else, awaitable, what the loader finds.

    `loader` returns it; where all came, it is not even made.
    """
    found = [attached(owner, relation) for owner in owners]
    missing = tuple([owner.id for owner, rows in zip(owners, found, strict=True) if rows is None])
    if not missing:
        return cast("list[list[Row]]", found)
    loaded = loader().load(missing)
    return loaded if len(missing) == len(owners) else _fill(found, loaded)


async def _fill(found: list[list[Row] | None], missing: Awaitable[list[list[Row]]]) -> list[list[Row]]:
    loaded = iter(await missing)
    return [next(loaded) if rows is None else rows for rows in found]


class Context:
    """The service, and loaders that gather the look-ups of a request into one statement each.

    Loaders remember, so a context must not outlive its request.
    """

    def __init__(self, customers: CustomerService, document: Document, largest_page: int) -> None:
        """Take the document of the operation, and how many customers a page may have."""
        self.customers = customers
        self.document = document
        self.largest_page = largest_page
        self._created_at = "createdAt" in document.fields

    def cancel(self) -> None:
        """Stop the look-ups under way."""
        for value in vars(self).values():
            if isinstance(value, Loader):
                value.cancel()

    @cached_property
    def emails(self) -> Loader[CustomerEmail]:
        """E-mail addresses by the ids of their customers."""
        return Loader(partial(self.customers.emails, created_at=self._created_at))

    @cached_property
    def phone_numbers(self) -> Loader[CustomerPhoneNumber]:
        """Phone numbers by the ids of their customers."""
        return Loader(partial(self.customers.phone_numbers, created_at=self._created_at))


Info: TypeAlias = strawberry.Info[Context, None]
