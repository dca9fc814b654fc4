"""All SQL of the customer domain but creation, which `models.insertion` has.

Lists of keys are one array parameter (`= ANY`), so that each query stays one prepared statement however
many keys it gets. Methods that write expect the customer to be locked in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, LiteralString

from db.row import attach
from db.session import fetch
from db.sql import Select, Sql, join, sql
from models import record
from models.draft import MOST_CONTACTS
from models.insertion import Insertion
from models.owned import OWNED
from models.page import OrderField, Page

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from asyncpg import Connection, Record

    from models.customer import Customer, CustomerEmail, CustomerPhoneNumber
    from models.draft import (
        CustomerDraft,
        CustomerPatch,
        EmailDraft,
        EmailPatch,
        PhoneNumberDraft,
        PhoneNumberPatch,
    )
    from models.page import PageRequest, Position

_CUSTOMERS = Select(record.CUSTOMER_COLUMNS, "customers c")
_WHOLE_CUSTOMERS = (
    _CUSTOMERS.add(record.OWNED_COLUMNS)
    .join("LEFT JOIN postal_addresses a ON a.address_id = c.address_id")
    .join("LEFT JOIN privacy_settings s ON s.privacy_settings_id = c.privacy_settings_id")
)
_EMAILS = Select(record.EMAIL_COLUMNS, "customer_emails e").order_by(
    "e.is_primary DESC, e.created_at, e.email_id"
)
_PHONE_NUMBERS = Select(record.PHONE_NUMBER_COLUMNS, "customer_phone_numbers p").order_by(
    "p.created_at, p.phone_id"
)

_KEYS: Final[dict[OrderField, LiteralString]] = {
    OrderField.CREATED_AT: "created_at",
    OrderField.UPDATED_AT: "updated_at",
    OrderField.LAST_NAME: "last_name",
    OrderField.FIRST_NAME: "first_name",
}
_AROUND: Final = 3
"""How many columns stand before a page's customers: whether any precede or follow, and the count."""

_NAMES: Final[dict[str, LiteralString]] = {
    "first_name": "first_name = {}",
    "middle_name": "middle_name = {}",
    "last_name": "last_name = {}",
}


class CustomerRepository:
    """Reads and writes customers; in a transaction when made with its connection."""

    def __init__(self, connection: Connection[Record] | None = None) -> None:
        self._connection = connection

    async def _fetch(self, statement: Sql) -> list[Any]:
        return await fetch(statement, self._connection)

    async def find(self, ids: Collection[UUID], *, owned: bool = True) -> dict[UUID, Customer]:
        """Return the customers that exist; with `owned`, their address and privacy settings too."""
        base = _WHOLE_CUSTOMERS if owned else _CUSTOMERS
        rows = await self._fetch(base.where(sql("c.customer_id = ANY({}::uuid[])", list(ids))).sql())
        return {row[0]: record.customer(row) for row in rows}

    async def find_whole(self, id_: UUID) -> Customer:
        """Return a customer that is known to be there, with all that it owns, its related fields fetched."""
        customer = (await self.find([id_]))[id_]
        attach(customer.emails, (await self.emails([id_]))[id_])
        attach(customer.phone_numbers, (await self.phone_numbers([id_]))[id_])
        return customer

    async def emails(self, customer_ids: Collection[UUID]) -> dict[UUID, list[CustomerEmail]]:
        """Return each customer's e-mail addresses, primary first, then oldest first."""
        rows = await self._fetch(
            _EMAILS.where(sql("e.customer_id = ANY({}::uuid[])", list(customer_ids))).sql()
        )
        found: dict[UUID, list[CustomerEmail]] = defaultdict(list)
        for row in rows:
            found[row[1]].append(record.email(row))
        return found

    async def phone_numbers(self, customer_ids: Collection[UUID]) -> dict[UUID, list[CustomerPhoneNumber]]:
        """Return each customer's phone numbers, oldest first."""
        rows = await self._fetch(
            _PHONE_NUMBERS.where(sql("p.customer_id = ANY({}::uuid[])", list(customer_ids))).sql()
        )
        found: dict[UUID, list[CustomerPhoneNumber]] = defaultdict(list)
        for row in rows:
            found[row[1]].append(record.phone_number(row))
        return found

    async def page(
        self, request: PageRequest, *conditions: Sql, owned: bool = True, counted: bool = False
    ) -> Page:
        """Return a page of the customers for which all conditions hold; in these, `c` is the customer.

        What lies around the page, and the count, come with it in one statement, so that all is of one moment.
        """
        key = _KEYS[request.order.field]
        forwards, backwards = ("<", ">") if request.order.descending else (">", "<")
        matching = (_WHOLE_CUSTOMERS if owned else _CUSTOMERS).where(*conditions)
        window = matching
        if request.after:
            window = window.where(_stands(key, forwards, request.after))
        if request.before:
            window = window.where(_stands(key, backwards, request.before))
        descending = request.order.descending is (request.end == "first")
        direction: LiteralString = " DESC" if descending else ""
        rows = await self._fetch(
            sql(
                "SELECT around.*, page.* FROM (SELECT {}, {}, {}) AS around "
                "LEFT JOIN ({}) AS page ON TRUE ORDER BY {}",
                _any_standing(matching, key, backwards + "=", request.after),
                _any_standing(matching, key, forwards + "=", request.before),
                _count(conditions) if counted else sql("NULL"),
                window.order_by("c." + key + direction + ", c.customer_id" + direction)
                .limit(request.size + 1)
                .sql(),
                sql("page." + key + direction + ", page.customer_id" + direction),
            )
        )
        preceded, followed, total = rows[0][:_AROUND]
        customers = [record.customer(row[_AROUND:]) for row in rows if row[_AROUND] is not None]
        more = len(customers) > request.size
        del customers[request.size :]
        if request.end == "last":
            customers.reverse()
            return Page(customers, more or preceded, followed, total)
        return Page(customers, preceded, more or followed, total)

    async def insert(self, drafts: Sequence[CustomerDraft]) -> list[Customer]:
        """Create customers with all that they own, related fields fetched, in one statement."""
        insertion = Insertion(drafts)
        rows = await self._fetch(insertion.statement())
        return insertion.customers(rows[0])

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

    async def insert_email(self, customer_id: UUID, draft: EmailDraft) -> bool:
        """Add an e-mail address, the primary one if wished or alone; False when there are too many already.

        Raises:
            asyncpg.UniqueViolationError: the customer has this address already.
        """
        if draft.is_primary:
            await self._demote(customer_id)
        return await self._any(
            sql(
                "INSERT INTO customer_emails (customer_id, email, is_primary, created_at) "
                "SELECT {0}::uuid, {1}::text, NOT coalesce(bool_or(is_primary), FALSE), "
                "statement_timestamp() "
                "FROM customer_emails WHERE customer_id = {0} HAVING count(*) < {2} RETURNING email_id",
                customer_id,
                draft.email,
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

    async def delete_email(self, customer_id: UUID, email_id: int) -> bool:
        """Remove an e-mail address; the oldest left follows a primary one. False when there is no such."""
        if not await self._any(
            sql(
                "DELETE FROM customer_emails WHERE customer_id = {} AND email_id = {}::bigint "
                "RETURNING email_id",
                customer_id,
                email_id,
            )
        ):
            return False
        await self._fetch(
            sql(
                "UPDATE customer_emails SET is_primary = TRUE WHERE email_id = ("
                "SELECT email_id FROM customer_emails WHERE customer_id = {0} "
                "ORDER BY created_at, email_id LIMIT 1) "
                "AND NOT EXISTS (SELECT FROM customer_emails WHERE customer_id = {0} AND is_primary)",
                customer_id,
            )
        )
        return True

    async def insert_phone_number(self, customer_id: UUID, draft: PhoneNumberDraft) -> bool:
        """Add a phone number; False when there are too many already.

        Raises:
            asyncpg.UniqueViolationError: the customer has this number already.
        """
        return await self._any(
            sql(
                "INSERT INTO customer_phone_numbers (customer_id, type, number, created_at) "
                "SELECT {0}::uuid, {1}::text, {2}::text, statement_timestamp() FROM customer_phone_numbers "
                "WHERE customer_id = {0} HAVING count(*) < {3} RETURNING phone_id",
                customer_id,
                draft.type,
                draft.number,
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

    async def delete_phone_number(self, customer_id: UUID, phone_number_id: int) -> bool:
        """Remove a phone number; False when the customer has no such one."""
        return await self._any(
            sql(
                "DELETE FROM customer_phone_numbers WHERE customer_id = {} AND phone_id = {}::bigint "
                "RETURNING phone_id",
                customer_id,
                phone_number_id,
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


def _stands(key: LiteralString, comparison: LiteralString, position: Position) -> Sql:
    return sql("(c." + key + ", c.customer_id) " + comparison + " ({}, {})", position.key, position.id)


def _count(conditions: Sequence[Sql]) -> Sql:
    return sql("({})", Select("count(*)", "customers c").where(*conditions).sql())


def _any_standing(
    matching: Select, key: LiteralString, comparison: LiteralString, position: Position | None
) -> Sql:
    return matching.where(_stands(key, comparison, position)).exists() if position else sql("FALSE")
