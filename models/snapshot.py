"""All customers as of one moment, however long it takes to read them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from db.row import attach
from db.session import fetch, transaction
from db.sql import sql
from models.contacts import RELATIONS, contacts_of
from models.page import PageParts, PageRequest
from models.repository import CustomerRepository

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asyncpg import Connection, Record

    from models.customer import Customer

BATCH = 1_000

_WHOLE = PageParts(contacts=contacts_of(RELATIONS, created_at=False))


class Snapshot:
    """Reads customers in a transaction that sees nothing of what happens meanwhile."""

    def __init__(self, connection: Connection[Record]) -> None:
        self._connection = connection
        self._customers = CustomerRepository(connection)

    async def count(self) -> int:
        """Return how many customers there are."""
        [row] = await fetch(sql("SELECT count(*) FROM customers"), self._connection)
        return int(row[0])

    async def most_contacts(self) -> tuple[int, int]:
        """Return the most e-mail addresses, and the most phone numbers, that any customer has."""
        [row] = await fetch(
            sql(
                "SELECT (SELECT coalesce(max(n), 0) FROM "
                "(SELECT count(*) AS n FROM customer_emails GROUP BY customer_id) AS emails), "
                "(SELECT coalesce(max(n), 0) FROM "
                "(SELECT count(*) AS n FROM customer_phone_numbers GROUP BY customer_id) AS phone_numbers)"
            ),
            self._connection,
        )
        return row[0], row[1]

    async def batches(self) -> AsyncIterator[list[Customer]]:
        """Yield all customers, oldest first, `BATCH` at a time, related fields fetched."""
        request: PageRequest | None = PageRequest(BATCH)
        while request:
            page = await self._customers.page(request, _WHOLE)
            for customer in page.customers:
                attach(customer.emails, page.contacts["emails"].get(customer.id, ()))
                attach(customer.phone_numbers, page.contacts["phone_numbers"].get(customer.id, ()))
            if page.customers:
                yield page.customers
            request = PageRequest(BATCH, after=page.position(-1)) if page.has_next else None


@asynccontextmanager
async def snapshot() -> AsyncIterator[Snapshot]:
    """Take a snapshot, and keep it as long as the block runs.

    Raises:
        DatabaseUnavailable: the database cannot be reached, or went away meanwhile.
    """
    async with transaction("repeatable_read", readonly=True) as connection:
        yield Snapshot(connection)
