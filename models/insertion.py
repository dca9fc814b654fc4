"""Whole customers in one statement, however many: PostgreSQL's data-modifying CTEs.

They are called like the tables that they insert into. What comes after them has the rows that they insert
where it would have those of the tables, in which a statement does not see what it inserts itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, LiteralString

from db.row import attach
from db.sql import Sql, sql
from models import record
from models.written import MOST_SHAPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from models.customer import Customer
    from models.draft import AddressDraft, CustomerDraft, PrivacySettingsDraft
    from models.written import Written

# Of one customer. Lists of one row each would take PostgreSQL a tenth longer.
_OF_ONE: LiteralString = """
WITH postal_addresses AS (
    INSERT INTO postal_addresses (line1, line2, city, state, postal_code, country)
    SELECT * FROM (VALUES ({}::text, {}::text, {}::text, {}::text, {}::text, {}::text)) AS input (line1)
    WHERE line1 IS NOT NULL
    RETURNING *
), privacy_settings AS (
    INSERT INTO privacy_settings (marketing_emails_enabled, two_factor_enabled)
    SELECT * FROM (VALUES ({}::boolean, {}::boolean)) AS input (marketing_emails_enabled)
    WHERE marketing_emails_enabled IS NOT NULL
    RETURNING *
), customers AS (
    INSERT INTO customers (customer_id, first_name, middle_name, last_name, address_id, privacy_settings_id)
    VALUES (
        {}, {}, {}, {},
        (SELECT address_id FROM postal_addresses), (SELECT privacy_settings_id FROM privacy_settings)
    )
    RETURNING *
)
"""

# Of many. Addresses and settings take their keys from the sequence first, because INSERT … RETURNING cannot
# tell which input row a returned key belongs to.
_OF_MANY: LiteralString = """
WITH postal_addresses AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('postal_addresses', 'address_id')) AS address_id, input.*
    FROM unnest({}::uuid[], {}::text[], {}::text[], {}::text[], {}::text[], {}::text[], {}::text[])
        WITH ORDINALITY AS input (owner, line1, line2, city, state, postal_code, country, position)
    ORDER BY position
), privacy_settings AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('privacy_settings', 'privacy_settings_id')) AS privacy_settings_id,
        input.*
    FROM unnest({}::uuid[], {}::boolean[], {}::boolean[])
        WITH ORDINALITY AS input (owner, marketing_emails_enabled, two_factor_enabled, position)
    ORDER BY position
), new_address AS (
    INSERT INTO postal_addresses (address_id, line1, line2, city, state, postal_code, country)
    SELECT address_id, line1, line2, city, state, postal_code, country FROM postal_addresses
), new_settings AS (
    INSERT INTO privacy_settings (privacy_settings_id, marketing_emails_enabled, two_factor_enabled)
    SELECT privacy_settings_id, marketing_emails_enabled, two_factor_enabled FROM privacy_settings
), customers AS (
    INSERT INTO customers (customer_id, first_name, middle_name, last_name, address_id, privacy_settings_id)
    SELECT input.id, input.first_name, input.middle_name, input.last_name, address_id, privacy_settings_id
    FROM unnest({}::uuid[], {}::text[], {}::text[], {}::text[])
        AS input (id, first_name, middle_name, last_name)
    LEFT JOIN postal_addresses a ON a.owner = input.id
    LEFT JOIN privacy_settings s ON s.owner = input.id
    RETURNING *
)
"""

# Rows are inserted in input order, so ascending keys are in that order too.
_AND_CONTACTS: LiteralString = """
, customer_emails AS (
    INSERT INTO customer_emails (customer_id, email, is_primary)
    SELECT owner, email, is_primary
    FROM unnest({}::uuid[], {}::text[], {}::boolean[])
        WITH ORDINALITY AS input (owner, email, is_primary, position)
    ORDER BY position
    RETURNING *
), customer_phone_numbers AS (
    INSERT INTO customer_phone_numbers (customer_id, type, number)
    SELECT owner, type, number
    FROM unnest({}::uuid[], {}::text[], {}::text[])
        WITH ORDINALITY AS input (owner, type, number, position)
    ORDER BY position
    RETURNING *
)
"""

_KEYS: LiteralString = """
SELECT now(),
    ARRAY(SELECT address_id FROM postal_addresses ORDER BY address_id),
    ARRAY(SELECT privacy_settings_id FROM privacy_settings ORDER BY privacy_settings_id),
    ARRAY(SELECT email_id FROM customer_emails ORDER BY email_id),
    ARRAY(SELECT phone_id FROM customer_phone_numbers ORDER BY phone_id)
"""


@lru_cache(maxsize=2 * (MOST_SHAPES + 1))
def _text(insert: LiteralString, written: Written | None) -> LiteralString:
    select = "SELECT c.customer_id, " + written.json + " FROM customers c" if written else _KEYS
    return insert + _AND_CONTACTS + select


class Insertion:
    """Customers about to be created: the statement that does it, and the customers that come of it."""

    def __init__(self, drafts: Mapping[UUID, CustomerDraft]) -> None:
        self._drafts = list(drafts.items())

    def statement(self, written: Written | None = None) -> Sql:
        """Return the one statement that creates all customers with all that they own.

        Its row is for `customers`; with `written` there are rows instead, each customer's id and JSON.
        """
        insert, values = (_OF_ONE, self._one()) if len(self._drafts) == 1 else (_OF_MANY, self._many())
        contacts = *_columns(3, self._emails()), *_columns(3, self._phone_numbers())
        return sql(_text(insert, written), *values, *contacts)

    def _one(self) -> Sequence[object]:
        [(id_, draft)] = self._drafts
        return [
            *_values(draft.address, record.ADDRESS),
            *_values(draft.privacy_settings, record.SETTINGS),
            *(id_, draft.first_name, draft.middle_name, draft.last_name),
        ]

    def _many(self) -> Sequence[object]:
        drafts = self._drafts
        return [
            *_columns(7, [(i, *_values(d.address, record.ADDRESS)) for i, d in drafts if d.address]),
            *_columns(
                3,
                [(i, *_values(d.privacy_settings, record.SETTINGS)) for i, d in drafts if d.privacy_settings],
            ),
            *_columns(4, [(i, d.first_name, d.middle_name, d.last_name) for i, d in drafts]),
        ]

    def customers(self, row: Sequence[Any]) -> list[Customer]:
        """Return the customers, with all that they own attached, from the row that the statement returned."""
        created_at, *serials = row
        address_ids, settings_ids, email_ids, phone_ids = map(iter, serials)
        emails = iter([record.email((next(email_ids), *values, created_at)) for values in self._emails()])
        numbers = iter(
            [record.phone_number((next(phone_ids), *v, created_at)) for v in self._phone_numbers()]
        )
        made = []
        for id_, draft in self._drafts:
            address, settings = draft.address, draft.privacy_settings
            keys = next(address_ids) if address else None, next(settings_ids) if settings else None
            names = draft.first_name, draft.middle_name, draft.last_name
            owned = *_values(address, record.ADDRESS), *_values(settings, record.SETTINGS)
            customer = record.whole_customer((id_, *names, *keys, created_at, created_at, *owned))
            own_emails = [next(emails) for _ in draft.emails]
            attach(customer.emails, sorted(own_emails, key=lambda email: not email.is_primary))
            attach(customer.phone_numbers, [next(numbers) for _ in draft.phone_numbers])
            made.append(customer)
        return made

    def _emails(self) -> list[tuple[UUID, str, bool]]:
        return [
            (id_, email.email, is_primary)
            for id_, draft in self._drafts
            for email, is_primary in zip(draft.emails, draft.primary_flags, strict=True)
        ]

    def _phone_numbers(self) -> list[tuple[UUID, str, str]]:
        return [
            (id_, number.type, number.number) for id_, draft in self._drafts for number in draft.phone_numbers
        ]


def _values(owned: AddressDraft | PrivacySettingsDraft | None, names: Sequence[str]) -> list[Any]:
    return [getattr(owned, name, None) for name in names]


def _columns(width: int, rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [[row[column] for row in rows] for column in range(width)]
