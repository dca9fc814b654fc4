"""What the resolvers of one request share."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.utils.await_maybe import AwaitableOrValue, await_maybe

from db.row import attached
from models.service import CustomerService

if TYPE_CHECKING:
    from models.written import Shape, Written
    from schema.operation import Document

Key: TypeAlias = tuple[str, tuple[UUID, ...]]
"""What a field asks for: the name of a relation, and the ids of all objects that it is asked for."""

Find: TypeAlias = Callable[[list[UUID], Collection[str]], Awaitable[Mapping[str, Mapping[UUID, list[Any]]]]]
"""Returns what belongs to ids by relations with these names, by relation and id; some may have nothing."""


class Loader(DataLoader[Key, list[list[Any]]]):
    """A loader of what belongs to ids.

    There is one key, and so one future, for each field in place of one for each object. All fields that ask
    at the same time share one call of `find`, whatever they ask for, and what was found is remembered.
    """

    def __init__(self, find: Find) -> None:
        known: defaultdict[str, defaultdict[UUID, list[Any]]] = defaultdict(partial(defaultdict, list))
        tasks: list[asyncio.Task[Any] | None] = []

        # Not a method, which would refer back to the loader: only the garbage collector would find them.
        async def load(keys: list[Key]) -> list[list[list[Any]]]:
            missing: defaultdict[str, list[UUID]] = defaultdict(list)
            for relation, ids in keys:
                before = known[relation]
                missing[relation] += [id_ for id_ in ids if id_ not in before] if before else ids
            asked = list(dict.fromkeys(chain.from_iterable(missing.values())))
            if asked:
                tasks.append(asyncio.current_task())
                found = await find(asked, [relation for relation, ids in missing.items() if ids])
                for relation, rows in found.items():
                    known[relation].update(rows)
            # Reading it makes a list for whoever has nothing, which then is known, too.
            return [list(map(known[relation].__getitem__, ids)) for relation, ids in keys]

        # It would remember whole keys only, and go through their ids to compare them.
        super().__init__(load, cache=False)
        self._known = known
        self._tasks = tasks

    def know(self, ids: Sequence[UUID], found: Mapping[str, Mapping[UUID, list[Any]]]) -> None:
        """Remember what belongs to ids by the relations in `found`; one that is missing there has nothing."""
        for relation, rows in found.items():
            self._known[relation].update([(id_, rows.get(id_, [])) for id_ in ids])

    def get(self, relation: str, ids: Sequence[UUID]) -> AwaitableOrValue[list[list[Any]]]:
        """Return what belongs to each id: at once where all is known, or else, awaitable, what is found."""
        known = self._known[relation]
        found = list(map(known.get, ids)) if known else [None]
        return self.load((relation, tuple(ids))) if None in found else cast("list[list[Any]]", found)

    def cancel(self) -> None:
        """Stop the look-ups under way. They run in tasks of their own, whoever waits for them."""
        for task in self._tasks:
            if task:
                task.cancel()


def load_unless_attached(
    owners: Sequence[Any], relation: str, loader: Callable[[], Loader]
) -> AwaitableOrValue[Sequence[Sequence[Any]]]:
    """Return what belongs to each owner: what came with it, or else what the loader has or, awaitable, finds.

    `loader` returns it; where all came, it is not even made.
    """
    found = attached(owners, relation)
    if None not in found:
        return cast("list[list[Any]]", found)
    missing = [owner.id for owner, rows in zip(owners, found, strict=True) if rows is None]
    loaded = loader().get(relation, missing)
    return loaded if len(missing) == len(owners) else _fill(found, loaded)


async def _fill(found: list[list[Any] | None], missing: AwaitableOrValue[list[list[Any]]]) -> list[list[Any]]:
    loaded = iter(await await_maybe(missing))
    return [next(loaded) if rows is None else rows for rows in found]


class Context:
    """The service, and loaders that gather the look-ups of a request into one statement each.

    Loaders remember, so a context must not outlive its request.
    """

    def __init__(
        self, customers: CustomerService, document: Document, largest_page: int, *, takes_json: bool
    ) -> None:
        """Take the document of the operation, and how many customers a page may have.

        `takes_json` says whether objects may be JSON that has been written already.
        """
        self.customers = customers
        self.document = document
        self.largest_page = largest_page
        self._takes_json = takes_json
        self.created_at = "createdAt" in document.fields

    def written(self, shape: Shape | None) -> Written | None:
        """Return how PostgreSQL writes customers of a shape, None where they are to be read."""
        return self.customers.written(shape) if shape and self._takes_json else None

    def cancel(self) -> None:
        """Stop the look-ups under way."""
        for value in vars(self).values():
            if isinstance(value, Loader):
                value.cancel()

    @cached_property
    def contacts(self) -> Loader:
        """E-mail addresses and phone numbers by the ids of their customers."""
        return Loader(partial(self.customers.contacts, created_at=self.created_at))


Info: TypeAlias = strawberry.Info[Context, None]
