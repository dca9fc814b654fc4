"""E-mail addresses and phone numbers of many customers, read together and as columns."""

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
_COLUMNS: Final[dict[str, LiteralString]] = {
    "emails": "email_id AS id, customer_id, email AS contact, is_primary, NULL::text AS type, created_at "
    "FROM customer_emails",
    "phone_numbers": "phone_id AS id, customer_id, number AS contact, NULL::boolean AS is_primary, type, "
    "created_at FROM customer_phone_numbers",
}
_NAMES: Final = ("id", "customer_id", "contact", "is_primary", "type", "created_at")

# Those of one customer stand together: telling that ids differ takes a fifth of looking them up.
_ORDER: Final = "customer_id, is_primary DESC, created_at, id"

RELATIONS: Final = frozenset(_COLUMNS)
"""The related fields of a customer that contacts fill."""


class Contacts:
    """What is read of contacts: of which relations, and whether with `created_at`.

    E-mail addresses come primary first, then oldest first; phone numbers oldest first.
    """

    def __init__(self, relations: Collection[str], *, created_at: bool) -> None:
        self._relations = sorted(relations)  # the same statement whatever their order
        self._columns = Columns(_NAMES, moments=["created_at"], unread=[] if created_at else ["created_at"])
        contacts = " UNION ALL ".join(
            [
                "SELECT " + _COLUMNS[relation] + " WHERE customer_id = ANY({0}::uuid[])"
                for relation in self._relations
            ]
        )
        contacts += " ORDER BY " + _ORDER
        self._query: LiteralString = "SELECT " + self._columns.select + " FROM (" + contacts + ") AS contacts"

    def query(self, customer_ids: object) -> Sql:
        """Return the query for customers, an array of ids; it has one row: the contacts' columns."""
        return sql(self._query, customer_ids)

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
def contacts_of(relations: frozenset[str], *, created_at: bool) -> Contacts:
    """Return what is read of contacts, put together once."""
    return Contacts(relations, created_at=created_at)
