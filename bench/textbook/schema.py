"""What can be asked for."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.extensions import ParserCache, ValidationCache
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from bench.textbook import tables
from bench.textbook.types import Customer, CustomerConnection, CustomerEdge, PageInfo


def _encoded(row: tables.Customer) -> str:
    return urlsafe_b64encode(f"{row.created_at.isoformat()} {row.customer_id}".encode()).decode()


def _after(cursor: str) -> Q:
    created_at, id_ = urlsafe_b64decode(cursor).decode().split()
    moment = datetime.fromisoformat(created_at)
    return Q(created_at__gt=moment) | Q(created_at=moment, customer_id__gt=UUID(id_))


@strawberry.type
class Query:
    @strawberry.field
    async def customer(self, id: strawberry.ID) -> Customer | None:
        row = await tables.Customer.get_or_none(customer_id=id)
        return Customer.of(row) if row else None

    @strawberry.field
    async def customers(self, first: int = 20, after: str | None = None) -> CustomerConnection:
        query = tables.Customer.filter(_after(after)) if after else tables.Customer.all()
        rows = await query.order_by("created_at", "customer_id").limit(first + 1)
        edges = [CustomerEdge(node=Customer.of(row), cursor=_encoded(row)) for row in rows[:first]]
        return CustomerConnection(
            edges=edges,
            page_info=PageInfo(
                has_next_page=len(rows) > first, end_cursor=edges[-1].cursor if edges else None
            ),
        )


@strawberry.input
class CustomerEmailInput:
    email: str
    is_primary: bool = False


@strawberry.input
class CustomerPhoneNumberInput:
    type: str
    number: str


@strawberry.input
class PostalAddressInput:
    line1: str
    line2: str | None = None
    city: str
    state: str
    postal_code: str
    country: str


@strawberry.input
class PrivacySettingsInput:
    marketing_emails_enabled: bool
    two_factor_enabled: bool


@strawberry.input
class CreateCustomerInput:
    first_name: str
    middle_name: str | None = None
    last_name: str
    emails: list[CustomerEmailInput] = strawberry.field(default_factory=list)
    phone_numbers: list[CustomerPhoneNumberInput] = strawberry.field(default_factory=list)
    address: PostalAddressInput | None = None
    privacy_settings: PrivacySettingsInput | None = None


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_customer(self, input: CreateCustomerInput) -> Customer:
        async with in_transaction():
            address = input.address and await tables.PostalAddress.create(**vars(input.address))
            settings = input.privacy_settings and await tables.PrivacySettings.create(
                **vars(input.privacy_settings)
            )
            row = await tables.Customer.create(
                first_name=input.first_name,
                middle_name=input.middle_name,
                last_name=input.last_name,
                address=address,
                privacy_settings=settings,
            )
            await tables.CustomerEmail.bulk_create(
                [tables.CustomerEmail(customer=row, **vars(email)) for email in input.emails]
            )
            await tables.CustomerPhoneNumber.bulk_create(
                [tables.CustomerPhoneNumber(customer=row, **vars(number)) for number in input.phone_numbers]
            )
        return Customer.of(row)


schema = strawberry.Schema(Query, Mutation, extensions=[ParserCache, ValidationCache])
