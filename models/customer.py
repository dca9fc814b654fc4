"""The five tables of the customer domain.

Tables, columns and types are those of the customer-migration document; a test compares PostgreSQL's
catalog with it. Attribute names are the ones that GraphQL clients see, `source_field` names the column.
Defaults that PostgreSQL fills in (keys, timestamps) are set in SQL, never here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import fields

from db.row import Row

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class PostalAddress(Row):
    """The postal address of one customer."""

    id: int = fields.IntField(primary_key=True, source_field="address_id")
    line1 = fields.CharField(max_length=255)
    line2 = fields.CharField(max_length=255, null=True)
    city = fields.CharField(max_length=100)
    state = fields.CharField(max_length=100)
    postal_code = fields.CharField(max_length=20)
    country = fields.CharField(max_length=2, description="ISO-3166 alpha-2 code")

    class Meta:
        table = "postal_addresses"


class PrivacySettings(Row):
    """What one customer agreed to."""

    id: int = fields.IntField(primary_key=True, source_field="privacy_settings_id")
    marketing_emails_enabled = fields.BooleanField()
    two_factor_enabled = fields.BooleanField()

    class Meta:
        table = "privacy_settings"


class Customer(Row):
    """A customer: the root that owns the four other tables."""

    id: UUID = fields.UUIDField(primary_key=True, source_field="customer_id")
    first_name = fields.CharField(max_length=255)
    middle_name = fields.CharField(max_length=255, null=True)
    last_name = fields.CharField(max_length=255)
    address: fields.ForeignKeyNullableRelation[PostalAddress] = fields.ForeignKeyField(
        "customers.PostalAddress", null=True, on_delete=fields.SET_NULL, related_name="customers"
    )
    privacy_settings: fields.ForeignKeyNullableRelation[PrivacySettings] = fields.ForeignKeyField(
        "customers.PrivacySettings", null=True, on_delete=fields.SET_NULL, related_name="customers"
    )
    created_at: datetime = fields.DatetimeField(auto_now_add=True)
    updated_at: datetime = fields.DatetimeField(auto_now_add=True)

    emails: fields.ReverseRelation[CustomerEmail]
    phone_numbers: fields.ReverseRelation[CustomerPhoneNumber]

    class Meta:
        table = "customers"


class CustomerEmail(Row):
    """An e-mail address of one customer; exactly one of a customer's is the primary one."""

    id: int = fields.IntField(primary_key=True, source_field="email_id")
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "customers.Customer", related_name="emails", on_delete=fields.CASCADE
    )
    email = fields.CharField(max_length=320)
    is_primary = fields.BooleanField()
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "customer_emails"
        unique_together = (("customer", "email"),)


class CustomerPhoneNumber(Row):
    """A phone number of one customer."""

    id: int = fields.IntField(primary_key=True, source_field="phone_id")
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "customers.Customer", related_name="phone_numbers", on_delete=fields.CASCADE
    )
    type = fields.CharField(max_length=20)
    number = fields.CharField(max_length=20)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "customer_phone_numbers"
        unique_together = (("customer", "number"),)
