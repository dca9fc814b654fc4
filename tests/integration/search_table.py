"""The table that searches read, and what Python takes from the rows of every customer for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tests.database import connected

if TYPE_CHECKING:
    from uuid import UUID

    from db.settings import DatabaseSettings


class Row(NamedTuple):
    """What the table holds of a customer."""

    words: set[str]
    last_name: str
    country: str | None


class Table:
    """The customers of one database, written by another program: on a connection without our search_path."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings

    async def run(self, statements: str) -> None:
        async with connected(self._settings) as connection:
            await connection.execute(statements)

    async def rows(self) -> dict[UUID, Row]:
        """Return what the table holds, which must be what Python takes from the customers' rows."""
        async with connected(self._settings) as connection:
            stored = await connection.fetch(
                """SELECT customer_id, tsvector_to_array(words), last_name, country
                FROM customer_domain.customer_search"""
            )
            rows = await connection.fetch(
                """SELECT customer_id, first_name, middle_name, last_name,
                    ARRAY(SELECT email FROM customer_domain.customer_emails e
                        WHERE e.customer_id = c.customer_id),
                    ARRAY(SELECT number FROM customer_domain.customer_phone_numbers p
                        WHERE p.customer_id = c.customer_id),
                    (SELECT country FROM customer_domain.postal_addresses a WHERE a.address_id = c.address_id)
                FROM customer_domain.customers c"""
            )
        found = {id_: Row(set(words), last_name, country) for id_, words, last_name, country in stored}
        assert found == {
            id_: Row(taken(names, emails, numbers), names[-1], country)
            for id_, *names, emails, numbers, country in rows
        }
        return found

    async def words(self) -> dict[UUID, set[str]]:
        """Return the words in the table, all of which is checked."""
        return {id_: row.words for id_, row in (await self.rows()).items()}


def taken(names: list[str | None], emails: list[str], numbers: list[str]) -> set[str]:
    parts = [part for name in names for part in re.split(r"[-\s]+", (name or "").lower()) if part]
    addresses = [email.lower() for email in emails]
    letters = [re.split(r"[-._+@0-9]", address)[0] for address in addresses]
    return {
        *(f"{part} " for part in parts),
        *(f" {address} " for address in addresses),
        *(f"{number.removeprefix('+')} " for number in numbers),
        *(text[:size] for text in (*parts, *letters) if text for size in range(1, 17)),
    }
