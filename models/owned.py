"""The two tables whose rows belong to one customer each: replaced in place, and gone with the customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

from db.sql import Sql, join, sql
from models import record

if TYPE_CHECKING:
    from uuid import UUID

    from models.draft import Draft


@dataclass(frozen=True, slots=True)
class Owned:
    """A table whose row belongs to one customer, which refers to it.

    The schema lets customers share a row. None of ours do, but what another program shared stays untouched.
    """

    attribute: str
    table: LiteralString
    key: LiteralString
    columns: tuple[LiteralString, ...]

    def _own(self, id_: UUID) -> Sql:
        return sql(
            self.key + " = (SELECT " + self.key + " FROM customers WHERE customer_id = {0}) AND NOT EXISTS ("
            "SELECT FROM customers c WHERE c." + self.key + " = o." + self.key + " AND c.customer_id <> {0})",
            id_,
        )

    def replacement(self, id_: UUID, draft: Draft) -> Sql:
        """Return the statement that puts new values in place, in a new row where there is none."""
        columns = ", ".join(self.columns)
        return sql(
            "WITH input (" + columns + ") AS (VALUES ({})), "
            "updated AS (UPDATE "
            + self.table
            + " o SET ("
            + columns
            + ") = (SELECT "
            + columns
            + " FROM input) "
            "WHERE {} RETURNING " + self.key + "), "
            "inserted AS (INSERT INTO " + self.table + " (" + columns + ") SELECT " + columns + " FROM input "
            "WHERE NOT EXISTS (SELECT FROM updated) RETURNING " + self.key + ") "
            "UPDATE customers SET "
            + self.key
            + " = coalesce((SELECT "
            + self.key
            + " FROM inserted), "
            + self.key
            + ") "
            "WHERE customer_id = {}",
            join(", ", [_typed(getattr(draft, column)) for column in self.columns]),
            self._own(id_),
            id_,
        )

    def removal(self, id_: UUID) -> Sql:
        """Return the statement that removes the row and leaves the customer without."""
        return sql(
            "WITH removed AS (DELETE FROM " + self.table + " o WHERE {}) "
            "UPDATE customers SET " + self.key + " = NULL WHERE customer_id = {}",
            self._own(id_),
            id_,
        )


OWNED = (
    Owned("address", "postal_addresses", "address_id", record.ADDRESS),
    Owned("privacy_settings", "privacy_settings", "privacy_settings_id", record.SETTINGS),
)


def _typed(value: object) -> Sql:
    # Values that only pass through a CTE have no type of their own for PostgreSQL to go by.
    return sql("{}::boolean", value) if isinstance(value, bool) else sql("{}::text", value)
