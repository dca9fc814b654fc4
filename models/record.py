"""The columns of the customer domain's queries, and their rows made straight into model instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from db.row import attach, instance
from db.sql import Select
from models.customer import Customer, CustomerEmail, CustomerPhoneNumber, PostalAddress, PrivacySettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.row import R

CUSTOMER_COLUMNS: LiteralString = (
    "c.customer_id, c.first_name, c.middle_name, c.last_name, c.address_id, c.privacy_settings_id, "
    "c.created_at, c.updated_at"
)
OWNED_COLUMNS: LiteralString = (
    "a.line1, a.line2, a.city, a.state, a.postal_code, a.country, "
    "s.marketing_emails_enabled, s.two_factor_enabled"
)

# Reading a moment takes asyncpg longer than reading five texts: `created_at` is added where it is wanted.
EMAILS = Select("e.email_id, e.customer_id, e.email, e.is_primary", "customer_emails e").order_by(
    "e.is_primary DESC, e.created_at, e.email_id"
)
PHONE_NUMBERS = Select("p.phone_id, p.customer_id, p.type, p.number", "customer_phone_numbers p").order_by(
    "p.created_at, p.phone_id"
)

CUSTOMERS = Select(CUSTOMER_COLUMNS, "customers c")
WHOLE_CUSTOMERS = (
    CUSTOMERS.add(OWNED_COLUMNS)
    .join("LEFT JOIN postal_addresses a ON a.address_id = c.address_id")
    .join("LEFT JOIN privacy_settings s ON s.privacy_settings_id = c.privacy_settings_id")
)

# For few customers: to read 50 of them, two more statements are quicker than lists of rows.
WHOLE_CUSTOMERS_AND_CONTACTS = WHOLE_CUSTOMERS.add(
    "ARRAY(SELECT ROW(e.email_id, e.customer_id, e.email, e.is_primary, e.created_at) FROM customer_emails e "
    "WHERE e.customer_id = c.customer_id ORDER BY e.is_primary DESC, e.created_at, e.email_id), "
    "ARRAY(SELECT ROW(p.phone_id, p.customer_id, p.type, p.number, p.created_at) "
    "FROM customer_phone_numbers p WHERE p.customer_id = c.customer_id ORDER BY p.created_at, p.phone_id)"
)

CUSTOMER = (
    "id",
    "first_name",
    "middle_name",
    "last_name",
    "address_id",
    "privacy_settings_id",
    "created_at",
    "updated_at",
)
ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
SETTINGS = ("marketing_emails_enabled", "two_factor_enabled")
_EMAIL = ("id", "customer_id", "email", "is_primary", "created_at")
_PHONE_NUMBER = ("id", "customer_id", "type", "number", "created_at")


def customer(row: Sequence[Any]) -> Customer:
    """Return the customer of a row of `CUSTOMER_COLUMNS`, with what it owns where `OWNED_COLUMNS` follow."""
    made = instance(Customer, CUSTOMER, row)
    if len(row) > len(CUSTOMER):
        made.__dict__["_address"] = _owned(PostalAddress, row[4], ADDRESS, row[8:14])
        made.__dict__["_privacy_settings"] = _owned(PrivacySettings, row[5], SETTINGS, row[14:16])
    return made


def customer_and_contacts(row: Sequence[Any]) -> Customer:
    """Return the customer of a row of `WHOLE_CUSTOMERS_AND_CONTACTS`, related fields fetched."""
    made = customer(row)
    attach(made.emails, [email(values) for values in row[16]])
    attach(made.phone_numbers, [phone_number(values) for values in row[17]])
    return made


def _owned(model: type[R], key: int | None, names: Sequence[str], values: Sequence[Any]) -> R | None:
    return None if key is None else instance(model, ("id", *names), (key, *values))


def email(row: Sequence[Any]) -> CustomerEmail:
    """Return the e-mail address of a row of `EMAILS`."""
    return instance(CustomerEmail, _EMAIL, row)


def phone_number(row: Sequence[Any]) -> CustomerPhoneNumber:
    """Return the phone number of a row of `PHONE_NUMBERS`."""
    return instance(CustomerPhoneNumber, _PHONE_NUMBER, row)
