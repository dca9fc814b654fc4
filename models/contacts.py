"""E-mail addresses and phone numbers of many customers, read by one statement."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, LiteralString

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


def statement(customers: Sql, relations: Collection[str], *, created_at: bool) -> Sql:
    """Return the statement that reads contacts of customers, `customers` being a condition on customer_id.

    E-mail addresses come primary first, then oldest first; phone numbers oldest first. When they were added
    is read only with `created_at`.
    """
    # The same statement whatever their order.
    contacts = " UNION ALL ".join([_SELECTS[relation] for relation in sorted(relations)])
    columns: LiteralString = "id, customer_id, contact, is_primary, type"
    columns += ", created_at" if created_at else ", NULL"
    order: LiteralString = "is_primary DESC, contacts.created_at, id"
    return sql("SELECT " + columns + " FROM (" + contacts + ") AS contacts ORDER BY " + order, customers)


def by_relation(rows: Sequence[Any]) -> Mapping[str, Mapping[UUID, list[Any]]]:
    """Return the contacts of the statement's rows: by relation and customer, without those who have none."""
    emails: defaultdict[UUID, list[Any]] = defaultdict(list)
    phone_numbers: defaultdict[UUID, list[Any]] = defaultdict(list)
    for id_, customer_id, contact, is_primary, type_, created_at in rows:
        if is_primary is None:
            number = record.phone_number((id_, customer_id, type_, contact, created_at))
            phone_numbers[customer_id].append(number)
        else:
            emails[customer_id].append(record.email((id_, customer_id, contact, is_primary, created_at)))
    return {"emails": emails, "phone_numbers": phone_numbers}
