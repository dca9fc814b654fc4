"""The columns of the customer domain's queries, and their rows made straight into model instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from db.row import instance
from db.sql import Select
from models.customer import Customer, CustomerEmail, CustomerPhoneNumber, PostalAddress, PrivacySettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.row import M

CUSTOMER_COLUMNS: LiteralString = (
    "c.customer_id, c.first_name, c.middle_name, c.last_name, c.address_id, c.privacy_settings_id, "
    "c.created_at, c.updated_at"
)
OWNED_COLUMNS: LiteralString = (
    "a.line1, a.line2, a.city, a.state, a.postal_code, a.country, "
    "s.marketing_emails_enabled, s.two_factor_enabled"
)
EMAIL_COLUMNS: LiteralString = "e.email_id, e.customer_id, e.email, e.is_primary, e.created_at"
PHONE_NUMBER_COLUMNS: LiteralString = "p.phone_id, p.customer_id, p.type, p.number, p.created_at"

CUSTOMERS = Select(CUSTOMER_COLUMNS, "customers c")
WHOLE_CUSTOMERS = (
    CUSTOMERS.add(OWNED_COLUMNS)
    .join("LEFT JOIN postal_addresses a ON a.address_id = c.address_id")
    .join("LEFT JOIN privacy_settings s ON s.privacy_settings_id = c.privacy_settings_id")
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
    made = instance(Customer, CUSTOMER, row[:8])
    if len(row) > len(CUSTOMER):
        made.__dict__["_address"] = _owned(PostalAddress, row[4], ADDRESS, row[8:14])
        made.__dict__["_privacy_settings"] = _owned(PrivacySettings, row[5], SETTINGS, row[14:16])
    return made


def _owned(model: type[M], key: int | None, names: Sequence[str], values: Sequence[Any]) -> M | None:
    return None if key is None else instance(model, ("id", *names), (key, *values))


def email(row: Sequence[Any]) -> CustomerEmail:
    """Return the e-mail address of a row of `EMAIL_COLUMNS`."""
    return instance(CustomerEmail, _EMAIL, row)


def phone_number(row: Sequence[Any]) -> CustomerPhoneNumber:
    """Return the phone number of a row of `PHONE_NUMBER_COLUMNS`."""
    return instance(CustomerPhoneNumber, _PHONE_NUMBER, row)
