"""The output types of customers, resolved from Tortoise model instances."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any

import strawberry
from strawberry.utils.await_maybe import AwaitableOrValue

import models
from breadth import batched
from schema.context import Info, load_unless_attached


@strawberry.interface(description="Something that has an id of its own and can be read again by it.")
class Node:
    id: strawberry.ID = strawberry.field(description="For a customer this is its UUID.")


@strawberry.type(description="An e-mail address of a customer.")
class CustomerEmail:
    id: strawberry.ID = strawberry.field(description="Names the address in mutations.")
    email: str = strawberry.field(description="The address, its domain in lower case.")
    is_primary: bool = strawberry.field(
        description="Whether this is the customer's primary address; exactly one is, if there are any."
    )
    created_at: datetime = strawberry.field(description="When the address was added.")


@strawberry.type(description="A phone number of a customer.")
class CustomerPhoneNumber:
    id: strawberry.ID = strawberry.field(description="Names the number in mutations.")
    type: str = strawberry.field(description="A label such as mobile or work.")
    number: str = strawberry.field(description="The number in E.164 form, such as +14155552671.")
    created_at: datetime = strawberry.field(description="When the number was added.")


@strawberry.type(description="The postal address of a customer.")
class PostalAddress:
    line1: str = strawberry.field(description="Street and house number, or what takes their place.")
    line2: str | None = strawberry.field(description="Floor, flat, company and the like.")
    city: str = strawberry.field(description="City, town or village.")
    state: str = strawberry.field(description="State, province or region.")
    postal_code: str = strawberry.field(description="Postal code in the format of the country.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2 code, such as FR.")


@strawberry.type(description="What a customer agreed to.")
class PrivacySettings:
    marketing_emails_enabled: bool = strawberry.field(
        description="Whether the customer may be sent marketing."
    )
    two_factor_enabled: bool = strawberry.field(
        description="Whether the customer signs in with a second factor."
    )


@strawberry.type(description="A customer with all that belongs to it.")
class Customer(Node):
    first_name: str = strawberry.field(description="Given name.")
    middle_name: str | None = strawberry.field(description="Middle name or names.")
    last_name: str = strawberry.field(description="Family name.")
    # Where Tortoise keeps what is fetched: its own attributes take three times as long, for each of a page.
    _address: PostalAddress | None = strawberry.field(name="address", description="Postal address.")
    _privacy_settings: PrivacySettings | None = strawberry.field(
        name="privacySettings", description="What the customer agreed to."
    )
    created_at: datetime = strawberry.field(description="When the customer was created.")
    updated_at: datetime = strawberry.field(
        description="Moves forward on every change to the customer or to anything it owns."
    )

    @batched(list[CustomerEmail], description="Primary first, then oldest first.")
    def emails(customers: Sequence[models.Customer], info: Info) -> Any:
        return load_unless_attached(customers, "emails", lambda: info.context.contacts)

    @batched(CustomerEmail | None, description="The primary one of the e-mail addresses.")
    def primary_email(customers: Sequence[models.Customer], info: Info) -> Any:
        # Asked for at once, with all that is, and not only when it is awaited.
        return _primary(load_unless_attached(customers, "emails", lambda: info.context.contacts))

    @batched(list[CustomerPhoneNumber], description="Oldest first.")
    def phone_numbers(customers: Sequence[models.Customer], info: Info) -> Any:
        return load_unless_attached(customers, "phone_numbers", lambda: info.context.contacts)

    @classmethod
    def is_type_of(cls, value: object, _info: Any) -> bool:
        return isinstance(value, models.Customer)


def _primary(
    emails: AwaitableOrValue[Sequence[Sequence[models.CustomerEmail]]],
) -> AwaitableOrValue[list[models.CustomerEmail | None]]:
    return _primary_awaited(emails) if isinstance(emails, Awaitable) else _primary_of(emails)


async def _primary_awaited(
    emails: Awaitable[Sequence[Sequence[models.CustomerEmail]]],
) -> list[models.CustomerEmail | None]:
    return _primary_of(await emails)


def _primary_of(emails: Sequence[Sequence[models.CustomerEmail]]) -> list[models.CustomerEmail | None]:
    return [next((email for email in own if email.is_primary), None) for own in emails]
