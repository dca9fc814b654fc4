"""E-mail addresses and phone numbers of many customers, read by one statement."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, LiteralString

from db.columns import Columns
from db.sql import Sql, sql
from models import record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

# Both in the same columns. An address's is_primary is never NULL, and tells it from a number.
_SELECTS: Final[dict[str, LiteralString]] = {
    "emails": "SELECT email_id AS id, customer_id, email AS contact, is_primary, NULL AS type, created_at "
    "FROM customer_emails WHERE {0}",
    "phone_numbers": "SELECT phone_id AS id, customer_id, number AS contact, NULL AS is_primary, type, "
    "created_at FROM customer_phone_numbers WHERE {0}",
}

RELATIONS: Final = frozenset(_SELECTS)
"""The related fields of a customer that contacts fill."""


class Contacts:
    """The statement that reads contacts of customers, and what comes of its row.

    E-mail addresses come primary first, then oldest first; phone numbers oldest first. When they were added
    is read only with `created_at`.
    """

    def __init__(self, customers: Sql, relations: Collection[str], *, created_at: bool) -> None:
        """Take a condition on customer_id and the names of relations."""
        self._customers = customers
        self._relations = sorted(relations)  # the same statement whatever their order
        self._columns = _columns(created_at=created_at)

    def statement(self) -> Sql:
        """Return the statement, which has one row: the contacts' columns."""
        contacts = " UNION ALL ".join([_SELECTS[relation] for relation in self._relations])
        # Those of one customer stand together: telling that ids differ takes a fifth of looking them up.
        order: LiteralString = "customer_id, is_primary DESC, created_at, id"
        text = (
            "SELECT " + self._columns.select + " FROM (" + contacts + " ORDER BY " + order + ") AS contacts"
        )
        return sql(text, self._customers)

    def by_relation(self, row: Sequence[Any]) -> Mapping[str, Mapping[UUID, list[Any]]]:
        """Return contacts by relation and customer; who has none is missing, or has an empty list."""
        found: dict[str, dict[UUID, list[Any]]] = {relation: {} for relation in RELATIONS}
        emails, phone_numbers = found["emails"], found["phone_numbers"]
        customer_id = None
        for id_, owner, contact, is_primary, type_, at in self._columns.rows(row):
            if owner != customer_id:
                customer_id = owner
                own_emails = emails[owner] = []
                own_phone_numbers = phone_numbers[owner] = []
            if is_primary is None:
                own_phone_numbers.append(record.phone_number((id_, customer_id, type_, contact, at)))
            else:
                own_emails.append(record.email((id_, customer_id, contact, is_primary, at)))
        return {relation: found[relation] for relation in self._relations}


@cache
def _columns(*, created_at: bool) -> Columns:
    return Columns(
        ("id", "customer_id", "contact", "is_primary", "type", "created_at"),
        moments=("created_at",),
        unread=() if created_at else ("created_at",),
    )
