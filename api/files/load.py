"""Rows on their way into the database, a batch at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from models.creation import MOST_AT_ONCE
from models.errors import InvalidInput, NotCreated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from api.files.row import Row
    from models.errors import CustomerError
    from models.service import CustomerService

# Bytes after which a batch is full, however few its rows.
_FULL = 4_000_000

# Rows are checked in turns this long (half a millisecond); in between, statements that are under way get on.
_TURN = 4


class Load:
    """Stores rows, all or none of each batch unless `skip`; a refused one goes to `refuse`, with the reason.

    Without `skip`, the first refused row is the last one stored or refused. With `ahead`, rows are read and
    checked while the batch before them is stored; not so for a source that may let others wait, such as a
    pipe, because a transaction must not stay open for its sake.
    """

    def __init__(
        self,
        customers: CustomerService,
        refuse: Callable[[Row, CustomerError], None],
        *,
        skip: bool,
        ahead: bool,
    ) -> None:
        self._customers = customers
        self._refuse = refuse
        self._skip = skip
        self._ahead = ahead
        self.stored = 0
        self.refused = 0

    async def run(self, rows: Iterable[Row], progress: Callable[[], None]) -> None:
        """Store the rows, for good, and count them in `stored` and `refused`.

        Raises:
            DatabaseUnavailable: the database cannot be reached, or went away meanwhile.
        """
        source = iter(rows)
        batch = await self._next(source)
        while batch and (self._skip or not self.refused):
            if self._ahead:
                batch = await self._store_and_read(batch, source)
            else:
                await self._store(batch)
                batch = await self._next(source)
            progress()
        await self._customers.flush()

    async def _store_and_read(self, batch: list[Row], source: Iterator[Row]) -> list[Row]:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._store(batch))
                return await self._next(source)
        except ExceptionGroup as group:
            error = group.exceptions[0]
            raise error from error.__cause__

    async def _next(self, source: Iterator[Row]) -> list[Row]:
        batch: list[Row] = []
        size = 0
        while len(batch) < MOST_AT_ONCE and size < _FULL and (row := next(source, None)):
            batch.append(row)
            size += len(row.data or b"")
            if isinstance(row.draft, InvalidInput) and not self._skip:
                break
            if len(batch) % _TURN == 0:
                await asyncio.sleep(0)
        return batch

    async def _store(self, batch: list[Row]) -> None:
        drafts = [row.draft for row in batch]
        results = await self._customers.store_many(drafts, atomic=not self._skip)
        for row, result in zip(batch, results, strict=True):
            if result is None:
                self.stored += 1
            elif not isinstance(result, NotCreated):
                self.refused += 1
                self._refuse(row, result)
