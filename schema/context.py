"""What the resolvers of one request share."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from models.service import CustomerService

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from models import CustomerEmail, CustomerPhoneNumber

Row = TypeVar("Row")


def loader(find: Callable[[list[UUID]], Awaitable[dict[UUID, list[Row]]]]) -> DataLoader[UUID, list[Row]]:
    """Return a loader that gathers ids and finds what belongs to each of them by one call of `find`."""

    async def load(ids: list[UUID]) -> list[list[Row]]:
        found = await find(ids)
        return [found.get(id_, []) for id_ in ids]

    return DataLoader(load)


class Context:
    """The service, and loaders that gather the look-ups of a request into one statement each.

    Loaders remember, so a context must not outlive its request.
    """

    def __init__(self, customers: CustomerService) -> None:
        self.customers = customers
        self.emails: DataLoader[UUID, list[CustomerEmail]] = loader(customers.emails)
        self.phone_numbers: DataLoader[UUID, list[CustomerPhoneNumber]] = loader(customers.phone_numbers)


Info: TypeAlias = strawberry.Info[Context, None]
