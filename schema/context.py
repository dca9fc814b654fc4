"""What the resolvers of one request share."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from db.row import attached
from models.service import CustomerService

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from models import CustomerEmail, CustomerPhoneNumber

Row = TypeVar("Row")


Loader: TypeAlias = DataLoader[tuple[UUID, ...], list[list[Row]]]


def loader(find: Callable[[list[UUID]], Awaitable[dict[UUID, list[Row]]]]) -> Loader[Row]:
    """Return a loader of what belongs to ids, whose key is the tuple of all ids that a field asks for.

    So there is one future for each field in place of one for each object. All fields that ask at the same
    time share one call of `find`, and no id is found twice.
    """
    known: dict[UUID, list[Row]] = {}

    async def load(columns: list[tuple[UUID, ...]]) -> list[list[list[Row]]]:
        missing = [id_ for id_ in dict.fromkeys(chain.from_iterable(columns)) if id_ not in known]
        if missing:
            found = await find(missing)
            known.update({id_: found.get(id_, []) for id_ in missing})
        return [[known[id_] for id_ in ids] for ids in columns]

    return DataLoader(load)


async def load_unless_attached(owners: Sequence[Any], relation: str, loader: Loader[Row]) -> list[list[Row]]:
    """Return what belongs to each owner: what was attached to it, or else what the loader finds.

    What a mutation has attached is of the moment of its answer.
    """
    found = [attached(owner, relation) for owner in owners]
    missing = tuple([owner.id for owner, rows in zip(owners, found, strict=True) if rows is None])
    loaded = iter(await loader.load(missing) if missing else ())
    return [next(loaded) if rows is None else rows for rows in found]


class Context:
    """The service, and loaders that gather the look-ups of a request into one statement each.

    Loaders remember, so a context must not outlive its request.
    """

    def __init__(self, customers: CustomerService, asked: Collection[str]) -> None:
        """Take what an operation's document asks for: the names of all its fields."""
        self.customers = customers
        created_at = "createdAt" in asked
        self.emails: Loader[CustomerEmail] = loader(partial(customers.emails, created_at=created_at))
        self.phone_numbers: Loader[CustomerPhoneNumber] = loader(
            partial(customers.phone_numbers, created_at=created_at)
        )


Info: TypeAlias = strawberry.Info[Context, None]
