"""The tables as Tortoise models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class PostalAddress(Model):
    """The postal address of one customer."""

    address_id = fields.IntField(primary_key=True)
    line1 = fields.CharField(max_length=255)
    line2 = fields.CharField(max_length=255, null=True)
    city = fields.CharField(max_length=100)
    state = fields.CharField(max_length=100)
    postal_code = fields.CharField(max_length=20)
    country = fields.CharField(max_length=2)

    class Meta:
        table = "postal_addresses"


class PrivacySettings(Model):
    """What one customer agreed to."""

    privacy_settings_id = fields.IntField(primary_key=True)
    marketing_emails_enabled = fields.BooleanField()
    two_factor_enabled = fields.BooleanField()

    class Meta:
        table = "privacy_settings"


class Customer(Model):
    """A customer."""

    customer_id: UUID = fields.UUIDField(primary_key=True)
    first_name = fields.CharField(max_length=255)
    middle_name = fields.CharField(max_length=255, null=True)
    last_name = fields.CharField(max_length=255)
    address: fields.ForeignKeyNullableRelation[PostalAddress] = fields.ForeignKeyField(
        "textbook.PostalAddress", null=True, on_delete=fields.SET_NULL
    )
    privacy_settings: fields.ForeignKeyNullableRelation[PrivacySettings] = fields.ForeignKeyField(
        "textbook.PrivacySettings", null=True, on_delete=fields.SET_NULL
    )
    created_at: datetime = fields.DatetimeField(auto_now_add=True)
    updated_at: datetime = fields.DatetimeField(auto_now=True)

    address_id: int | None
    privacy_settings_id: int | None

    class Meta:
        table = "customers"


class CustomerEmail(Model):
    """An e-mail address of one customer."""

    email_id = fields.IntField(primary_key=True)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "textbook.Customer", related_name="emails", on_delete=fields.CASCADE
    )
    email = fields.CharField(max_length=320)
    is_primary = fields.BooleanField()
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    customer_id: UUID

    class Meta:
        table = "customer_emails"


class CustomerPhoneNumber(Model):
    """A phone number of one customer."""

    phone_id = fields.IntField(primary_key=True)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "textbook.Customer", related_name="phone_numbers", on_delete=fields.CASCADE
    )
    type = fields.CharField(max_length=20)
    number = fields.CharField(max_length=20)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    customer_id: UUID

    class Meta:
        table = "customer_phone_numbers"
