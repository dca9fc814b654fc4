"""The columns of the customer domain's queries, and their rows made straight into model instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from db import moment
from db.row import attach, blank
from db.sql import Select
from models.customer import Customer, CustomerEmail, CustomerPhoneNumber, PostalAddress, PrivacySettings

if TYPE_CHECKING:
    from collections.abc import Sequence

CUSTOMER: tuple[LiteralString, ...] = (
    "customer_id",
    "first_name",
    "middle_name",
    "last_name",
    "address_id",
    "privacy_settings_id",
    "created_at",
    "updated_at",
)
ADDRESS: tuple[LiteralString, ...] = ("line1", "line2", "city", "state", "postal_code", "country")
SETTINGS: tuple[LiteralString, ...] = ("marketing_emails_enabled", "two_factor_enabled")

EMAIL_ORDER: LiteralString = "is_primary DESC, created_at, email_id"
PHONE_NUMBER_ORDER: LiteralString = "created_at, phone_id"

WHOLE_CUSTOMER = (*CUSTOMER, *ADDRESS, *SETTINGS)


def _of(table: LiteralString, names: Sequence[LiteralString]) -> LiteralString:
    return ", ".join([table + "." + name for name in names])


CUSTOMERS = Select(_of("c", CUSTOMER), "customers c")
# What they own is there to filter by; PostgreSQL does not read what it is not asked for.
JOINED_CUSTOMERS = CUSTOMERS.join("LEFT JOIN postal_addresses a ON a.address_id = c.address_id").join(
    "LEFT JOIN privacy_settings s ON s.privacy_settings_id = c.privacy_settings_id"
)
WHOLE_CUSTOMERS = JOINED_CUSTOMERS.add(_of("a", ADDRESS)).add(_of("s", SETTINGS))

# For few customers: to read 50 of them, another statement is quicker than lists of rows. Of moments within
# those, asyncpg has to be told that they are text.
WHOLE_CUSTOMERS_AND_CONTACTS = WHOLE_CUSTOMERS.add(
    "ARRAY(SELECT ROW(e.email_id, e.customer_id, e.email, e.is_primary, e.created_at::text) "
    "FROM customer_emails e WHERE e.customer_id = c.customer_id ORDER BY " + EMAIL_ORDER + "), "
    "ARRAY(SELECT ROW(p.phone_id, p.customer_id, p.type, p.number, p.created_at::text) "
    "FROM customer_phone_numbers p WHERE p.customer_id = c.customer_id ORDER BY " + PHONE_NUMBER_ORDER + ")"
)

# Hundreds of rows make a page: attributes are written down one by one because a loop over their names, or a
# call that takes them as arguments, takes twice as long.


def customer(row: Sequence[Any]) -> Customer:
    """Return the customer of a row that begins with the columns of `CUSTOMER`."""
    made = blank(Customer)
    values = made.__dict__
    (
        values["id"],
        values["first_name"],
        values["middle_name"],
        values["last_name"],
        values["address_id"],
        values["privacy_settings_id"],
        values["created_at"],
        values["updated_at"],
    ) = row[:8]
    return made


def whole_customer(row: Sequence[Any]) -> Customer:
    """Return the customer of a row that begins with the columns of `WHOLE_CUSTOMER`, with what it owns."""
    made = customer(row)
    values = made.__dict__
    values["_address"] = None if row[4] is None else _address(row[4], row[8:14])
    values["_privacy_settings"] = None if row[5] is None else _settings(row[5], row[14:16])
    return made


def _address(key: int, row: Sequence[Any]) -> PostalAddress:
    made = blank(PostalAddress)
    values = made.__dict__
    values["id"] = key
    (
        values["line1"],
        values["line2"],
        values["city"],
        values["state"],
        values["postal_code"],
        values["country"],
    ) = row
    return made


def _settings(key: int, row: Sequence[Any]) -> PrivacySettings:
    made = blank(PrivacySettings)
    values = made.__dict__
    values["id"] = key
    values["marketing_emails_enabled"], values["two_factor_enabled"] = row
    return made


def customer_and_contacts(row: Sequence[Any]) -> Customer:
    """Return the customer of a row of `WHOLE_CUSTOMERS_AND_CONTACTS`, related fields fetched."""
    made = whole_customer(row)
    attach(made.emails, [email((*values, moment.read(at))) for *values, at in row[16]])
    attach(made.phone_numbers, [phone_number((*values, moment.read(at))) for *values, at in row[17]])
    return made


def email(row: Sequence[Any]) -> CustomerEmail:
    """Return the e-mail address of a row: id, customer's id, address, `is_primary` and `created_at`."""
    made = blank(CustomerEmail)
    values = made.__dict__
    values["id"], values["customer_id"], values["email"], values["is_primary"], values["created_at"] = row
    return made


def phone_number(row: Sequence[Any]) -> CustomerPhoneNumber:
    """Return the phone number of a row: id, customer's id, type, number and `created_at`."""
    made = blank(CustomerPhoneNumber)
    values = made.__dict__
    values["id"], values["customer_id"], values["type"], values["number"], values["created_at"] = row
    return made
