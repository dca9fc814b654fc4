"""Customers in PostgreSQL: what reads and changes them. Modules beside this one make the larger statements.

Several keys are one array parameter (`= ANY`), so that each query stays one prepared statement however
many it gets. Methods that write expect the customer to be locked in the same transaction.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, LiteralString

from db.session import fetch
from db.sql import Sql, join, sql
from models import record
from models.draft import MOST_CONTACTS
from models.insertion import Insertion
from models.owned import OWNED
from models.paging import paging
from models.written import MOST_SHAPES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, timedelta
    from uuid import UUID

    from asyncpg import Connection, Record

    from db.sql import Select
    from models.contacts import Contacts
    from models.customer import Customer
    from models.draft import (
        CustomerDraft,
        CustomerPatch,
        EmailPatch,
        EmailRemoval,
        NewEmail,
        NewPhoneNumber,
        PhoneNumberPatch,
        PhoneNumberRemoval,
    )
    from models.page import Page, PageParts, PageRequest
    from models.written import Written

_NAMES: Final[dict[str, LiteralString]] = {
    "first_name": "first_name = {}",
    "middle_name": "middle_name = {}",
    "last_name": "last_name = {}",
}


def _among(ids: Collection[object]) -> Sql:
    if len(ids) == 1:
        # What PostgreSQL plans for one customer it keeps; for a list, it plans anew for each length.
        [id_] = ids
        return sql("c.customer_id = {}", id_)
    return sql("c.customer_id = ANY({}::uuid[])", list(ids))


class _ById:
    """A query for customers with given ids, put together once."""

    def __init__(self, query: Select) -> None:
        kinds = _among([None]), _among([])
        self._texts = {among.text: query.where(among).sql().flat().text for among in kinds}

    def statement(self, ids: Collection[UUID]) -> Sql:
        among = _among(ids)
        return Sql(self._texts[among.text], among.values)


_CUSTOMERS: Final = _ById(record.CUSTOMERS)
_WHOLE_CUSTOMERS: Final = _ById(record.WHOLE_CUSTOMERS)
_WHOLE_CUSTOMERS_AND_CONTACTS: Final = _ById(record.WHOLE_CUSTOMERS_AND_CONTACTS)


@lru_cache(maxsize=MOST_SHAPES)
def _written(written: Written) -> _ById:
    return _ById(record.CUSTOMERS.only("c.customer_id, " + written.json))


class CustomerRepository:
    """Reads and writes customers; in a transaction when made with its connection."""

    def __init__(self, connection: Connection[Record] | None = None) -> None:
        self._connection = connection

    async def _fetch(self, statement: Sql) -> list[Any]:
        return await fetch(statement, self._connection)

    async def find(self, ids: Collection[UUID], *, owned: bool = True) -> dict[UUID, Customer]:
        """Return the customers that exist; with `owned`, their address and privacy settings too."""
        rows = await self._fetch((_WHOLE_CUSTOMERS if owned else _CUSTOMERS).statement(ids))
        customer = record.whole_customer if owned else record.customer
        return {row[0]: customer(row) for row in rows}

    async def find_whole(self, ids: Collection[UUID]) -> dict[UUID, Customer]:
        """Return the customers that exist with all that they own, their related fields fetched."""
        rows = await self._fetch(_WHOLE_CUSTOMERS_AND_CONTACTS.statement(ids))
        return {row[0]: record.customer_and_contacts(row) for row in rows}

    async def find_written(self, ids: Collection[UUID], written: Written) -> dict[UUID, bytes]:
        """Return the customers that exist as JSON in UTF-8."""
        rows = await self._fetch(_written(written).statement(ids))
        return {row[0]: row[1] for row in rows}

    async def contacts(
        self, customer_ids: Collection[UUID], contacts: Contacts
    ) -> Mapping[str, Mapping[UUID, list[Any]]]:
        """Return contacts by relation and customer; who has none may be missing."""
        [row] = await self._fetch(contacts.query(list(customer_ids)))
        return contacts.by_relation(row)

    async def page(self, request: PageRequest, parts: PageParts) -> Page:
        """Return a page; what belongs to it and lies around it comes in the same statement, of one moment."""
        reading = paging(request, parts)
        [row] = await self._fetch(reading.statement(request))
        return reading.page(request, row)

    async def insert(self, drafts: Mapping[UUID, CustomerDraft]) -> list[Customer]:
        """Create customers under new ids with all that they own, related fields fetched, in one statement."""
        insertion = Insertion(drafts)
        rows = await self._fetch(insertion.statement())
        return insertion.customers(rows[0])

    async def insert_written(
        self, drafts: Mapping[UUID, CustomerDraft], written: Written
    ) -> dict[UUID, bytes]:
        """Create customers as `insert` does, and return them as JSON in UTF-8."""
        rows = await self._fetch(Insertion(drafts).statement(written))
        return {row[0]: row[1] for row in rows}

    async def store(self, drafts: Mapping[UUID, CustomerDraft]) -> None:
        """Create customers as `insert` does, without making instances of them."""
        await self._fetch(Insertion(drafts).statement())

    async def claim_keys(self, uses: Mapping[str, tuple[bytes, UUID]], lifetime: timedelta) -> set[str]:
        """Take idempotency keys, each with the hash of its input and the id of the customer to come.

        Returns those that were free, or older than `lifetime`. Waits for a transaction that holds one.
        """
        keys = sorted(uses)  # in one order everywhere, so that nobody waits in a circle
        rows = await self._fetch(
            sql(
                "INSERT INTO idempotency_keys AS taken (key, input_hash, customer_id) "
                "SELECT * FROM unnest({}::text[], {}::bytea[], {}::uuid[]) "
                "ON CONFLICT (key) DO UPDATE SET input_hash = excluded.input_hash, "
                "customer_id = excluded.customer_id, created_at = now() "
                "WHERE taken.created_at < now() - {}::interval RETURNING key",
                keys,
                [uses[key][0] for key in keys],
                [uses[key][1] for key in keys],
                lifetime,
            )
        )
        return {row[0] for row in rows}

    async def find_keys(self, keys: Collection[str]) -> dict[str, tuple[bytes, UUID]]:
        """Return what idempotency keys were used for: the hash of the input and the id of the customer."""
        rows = await self._fetch(
            sql(
                "SELECT key, input_hash, customer_id FROM idempotency_keys WHERE key = ANY({}::text[])",
                list(keys),
            )
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    async def forget_keys(self, lifetime: timedelta, most: int) -> int:
        """Remove idempotency keys that are older than `lifetime`, at most so many; return how many."""
        rows = await self._fetch(
            sql(
                "DELETE FROM idempotency_keys WHERE key IN (SELECT key FROM idempotency_keys "
                "WHERE created_at < now() - {}::interval LIMIT {} FOR UPDATE SKIP LOCKED) RETURNING 1",
                lifetime,
                most,
            )
        )
        return len(rows)

    async def lock(self, id_: UUID) -> datetime | None:
        """Make everybody else's changes of a customer wait for this transaction; return its updated_at."""
        rows = await self._fetch(
            sql("SELECT updated_at FROM customers WHERE customer_id = {} FOR UPDATE", id_)
        )
        return rows[0][0] if rows else None

    async def touch(self, id_: UUID) -> None:
        """Move a customer's updated_at forward, strictly, whatever the clock says."""
        await self._fetch(
            sql(
                "UPDATE customers SET updated_at = GREATEST(statement_timestamp(), "
                "updated_at + interval '1 microsecond') WHERE customer_id = {}",
                id_,
            )
        )

    async def update(self, patch: CustomerPatch) -> None:
        """Write the fields that a patch gives."""
        given = patch.model_fields_set
        names = [sql(text, getattr(patch, name)) for name, text in _NAMES.items() if name in given]
        if names:
            await self._fetch(
                sql("UPDATE customers SET {} WHERE customer_id = {}", join(", ", names), patch.id)
            )
        for owned in OWNED:
            if owned.attribute in given:
                draft = getattr(patch, owned.attribute)
                await self._fetch(owned.replacement(patch.id, draft) if draft else owned.removal(patch.id))

    async def delete(self, id_: UUID) -> None:
        """Delete a customer and all that it owns."""
        for owned in OWNED:
            await self._fetch(owned.removal(id_))
        await self._fetch(sql("DELETE FROM customers WHERE customer_id = {}", id_))

    async def insert_email(self, new: NewEmail) -> bool:
        """Add an e-mail address, the primary one if wished or alone; False when there are too many already.

        Raises:
            asyncpg.UniqueViolationError: the customer has this address already.
        """
        if new.is_primary:
            await self._demote(new.customer_id)
        return await self._any(
            sql(
                "INSERT INTO customer_emails (customer_id, email, is_primary, created_at) "
                "SELECT {0}::uuid, {1}::text, NOT coalesce(bool_or(is_primary), FALSE), "
                "statement_timestamp() "
                "FROM customer_emails WHERE customer_id = {0} HAVING count(*) < {2} RETURNING email_id",
                new.customer_id,
                new.email,
                MOST_CONTACTS,
            )
        )

    async def update_email(self, patch: EmailPatch) -> bool:
        """Write the fields that a patch gives; False when the customer has no such e-mail address.

        Raises:
            asyncpg.UniqueViolationError: the customer has this address already.
        """
        if patch.is_primary:
            await self._demote(patch.customer_id)
        return await self._any(
            sql(
                "UPDATE customer_emails SET email = coalesce({}, email), is_primary = is_primary OR {} "
                "WHERE customer_id = {} AND email_id = {}::bigint RETURNING email_id",
                patch.email or None,
                patch.is_primary is True,
                patch.customer_id,
                patch.email_id,
            )
        )

    async def delete_email(self, removal: EmailRemoval) -> bool:
        """Remove an e-mail address; the oldest left follows a primary one. False when there is no such."""
        if not await self._any(
            sql(
                "DELETE FROM customer_emails WHERE customer_id = {} AND email_id = {}::bigint "
                "RETURNING email_id",
                removal.customer_id,
                removal.email_id,
            )
        ):
            return False
        await self._fetch(
            sql(
                "UPDATE customer_emails SET is_primary = TRUE WHERE email_id = ("
                "SELECT email_id FROM customer_emails WHERE customer_id = {0} "
                "ORDER BY created_at, email_id LIMIT 1) "
                "AND NOT EXISTS (SELECT FROM customer_emails WHERE customer_id = {0} AND is_primary)",
                removal.customer_id,
            )
        )
        return True

    async def insert_phone_number(self, new: NewPhoneNumber) -> bool:
        """Add a phone number; False when there are too many already.

        Raises:
            asyncpg.UniqueViolationError: the customer has this number already.
        """
        return await self._any(
            sql(
                "INSERT INTO customer_phone_numbers (customer_id, type, number, created_at) "
                "SELECT {0}::uuid, {1}::text, {2}::text, statement_timestamp() FROM customer_phone_numbers "
                "WHERE customer_id = {0} HAVING count(*) < {3} RETURNING phone_id",
                new.customer_id,
                new.type,
                new.number,
                MOST_CONTACTS,
            )
        )

    async def update_phone_number(self, patch: PhoneNumberPatch) -> bool:
        """Write the fields that a patch gives; False when the customer has no such phone number.

        Raises:
            asyncpg.UniqueViolationError: the customer has this number already.
        """
        return await self._any(
            sql(
                "UPDATE customer_phone_numbers SET type = coalesce({}, type), number = coalesce({}, number) "
                "WHERE customer_id = {} AND phone_id = {}::bigint RETURNING phone_id",
                patch.type or None,
                patch.number or None,
                patch.customer_id,
                patch.phone_number_id,
            )
        )

    async def delete_phone_number(self, removal: PhoneNumberRemoval) -> bool:
        """Remove a phone number; False when the customer has no such one."""
        return await self._any(
            sql(
                "DELETE FROM customer_phone_numbers WHERE customer_id = {} AND phone_id = {}::bigint "
                "RETURNING phone_id",
                removal.customer_id,
                removal.phone_number_id,
            )
        )

    async def _demote(self, customer_id: UUID) -> None:
        # A statement of its own: the unique index looks at each row as it changes.
        await self._fetch(
            sql(
                "UPDATE customer_emails SET is_primary = FALSE WHERE customer_id = {} AND is_primary",
                customer_id,
            )
        )

    async def _any(self, statement: Sql) -> bool:
        return bool(await self._fetch(statement))
