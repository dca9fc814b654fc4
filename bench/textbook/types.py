"""What is answered."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import strawberry

from bench.textbook import tables
from bench.textbook.loaders import Loaders

Info: TypeAlias = strawberry.Info[Loaders, None]


@strawberry.type
class CustomerEmail:
    email: str
    is_primary: bool


@strawberry.type
class CustomerPhoneNumber:
    type: str
    number: str


@strawberry.type
class PostalAddress:
    line1: str
    line2: str | None
    city: str
    state: str
    postal_code: str
    country: str


@strawberry.type
class PrivacySettings:
    marketing_emails_enabled: bool
    two_factor_enabled: bool


@strawberry.type
class Customer:
    row: strawberry.Private[tables.Customer]
    id: strawberry.ID
    first_name: str
    middle_name: str | None
    last_name: str
    created_at: datetime
    updated_at: datetime

    @strawberry.field
    async def emails(self, info: Info) -> list[CustomerEmail]:
        rows = await info.context.emails.load(self.row.customer_id)
        return [CustomerEmail(email=row.email, is_primary=row.is_primary) for row in rows]

    @strawberry.field
    async def phone_numbers(self, info: Info) -> list[CustomerPhoneNumber]:
        rows = await info.context.phone_numbers.load(self.row.customer_id)
        return [CustomerPhoneNumber(type=row.type, number=row.number) for row in rows]

    @strawberry.field
    async def address(self, info: Info) -> PostalAddress | None:
        if self.row.address_id is None:
            return None
        row = await info.context.addresses.load(self.row.address_id)
        if row is None:
            return None
        return PostalAddress(
            line1=row.line1,
            line2=row.line2,
            city=row.city,
            state=row.state,
            postal_code=row.postal_code,
            country=row.country,
        )

    @strawberry.field
    async def privacy_settings(self, info: Info) -> PrivacySettings | None:
        if self.row.privacy_settings_id is None:
            return None
        row = await info.context.privacy_settings.load(self.row.privacy_settings_id)
        if row is None:
            return None
        return PrivacySettings(
            marketing_emails_enabled=row.marketing_emails_enabled, two_factor_enabled=row.two_factor_enabled
        )

    @classmethod
    def of(cls, row: tables.Customer) -> Customer:
        return cls(
            row=row,
            id=strawberry.ID(str(row.customer_id)),
            first_name=row.first_name,
            middle_name=row.middle_name,
            last_name=row.last_name,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class CustomerEdge:
    node: Customer
    cursor: str


@strawberry.type
class CustomerConnection:
    edges: list[CustomerEdge]
    page_info: PageInfo
