"""The input types of mutations. What they hold is checked by `models.draft`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

import strawberry
from strawberry.utils.str_converters import to_snake_case

T = TypeVar("T")


def input_as_read(description: str) -> Callable[[type[T]], type[T]]:
    """Declare an input type whose values reach resolvers as GraphQL has read them: dicts of what was given.

    What they hold is checked anyway; instances of the type, made field by field and taken apart again, cost a
    mutation more than its SQL.
    """

    def declare(type_: type[T]) -> type[T]:
        declared = strawberry.input(type_, description=description)
        declared.__strawberry_definition__.from_input = _as_read  # type: ignore[attr-defined]
        return declared

    return declare


def _as_read(_type: type, value: Mapping[str, Any], _context: object) -> Mapping[str, Any]:
    return value


def plain(value: Any) -> Any:
    """Return a mutation's input with Python's names: a dict of what was given, null included."""
    if isinstance(value, dict):
        return {python_name(name): plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


python_name = cache(to_snake_case)
"""Returns the name that Python has for a field of GraphQL's."""


_EXPECTED = (
    "The updatedAt that the caller last saw. When given, a customer changed since answers StaleCustomer "
    "and stays untouched."
)
_CUSTOMER = "The customer's id."


@input_as_read(description="An e-mail address to keep.")
class CustomerEmailInput:
    email: str = strawberry.field(description="The address, at most 320 characters.")
    is_primary: strawberry.Maybe[bool | None] = strawberry.field(
        description="Whether this is the primary address; at most one may be."
    )


@input_as_read(description="A phone number to keep.")
class CustomerPhoneNumberInput:
    type: str = strawberry.field(description="A label such as mobile or work, at most 20 characters.")
    number: str = strawberry.field(description="The number with a leading + and its country code.")


@input_as_read(description="A postal address, given as a whole.")
class PostalAddressInput:
    line1: str = strawberry.field(description="Street and house number, at most 255 characters.")
    line2: strawberry.Maybe[str | None] = strawberry.field(
        description="Floor, flat, company and the like, at most 255 characters."
    )
    city: str = strawberry.field(description="City, town or village, at most 100 characters.")
    state: str = strawberry.field(description="State, province or region, at most 100 characters.")
    postal_code: str = strawberry.field(description="Postal code in the format of the country.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2 code, such as FR.")


@input_as_read(description="What a customer agrees to, given as a whole.")
class PrivacySettingsInput:
    marketing_emails_enabled: bool = strawberry.field(
        description="Whether the customer may be sent marketing."
    )
    two_factor_enabled: bool = strawberry.field(
        description="Whether the customer signs in with a second factor."
    )


@input_as_read(description="A customer to create, with all that belongs to it.")
class CreateCustomerInput:
    first_name: str = strawberry.field(description="Given name, at most 255 characters.")
    middle_name: strawberry.Maybe[str | None] = strawberry.field(
        description="Middle name or names, at most 255 characters."
    )
    last_name: str = strawberry.field(description="Family name, at most 255 characters.")
    emails: strawberry.Maybe[list[CustomerEmailInput] | None] = strawberry.field(
        description="The first becomes the primary one unless another says isPrimary."
    )
    phone_numbers: strawberry.Maybe[list[CustomerPhoneNumberInput] | None] = strawberry.field(
        description="Phone numbers, each given once."
    )
    address: strawberry.Maybe[PostalAddressInput | None] = strawberry.field(description="Postal address.")
    privacy_settings: strawberry.Maybe[PrivacySettingsInput | None] = strawberry.field(
        description="What the customer agrees to."
    )
    idempotency_key: strawberry.Maybe[str | None] = strawberry.field(
        description="1 to 255 characters. A repeat with the same input returns the customer that the first "
        "call created; a repeat with another input is an IdempotencyConflict."
    )


@strawberry.enum(description="What becomes of the others when one customer is refused.")
class OnError(Enum):
    """What becomes of the others when one is refused."""

    ATOMIC = strawberry.enum_value("ATOMIC", description="All or none is created.")
    SKIP = strawberry.enum_value(
        "SKIP", description="The good ones are created, the others answered with their problem."
    )


@input_as_read(description="Customers to create at once.")
class CreateCustomersInput:
    customers: list[CreateCustomerInput] = strawberry.field(description="At most 1,000.")
    on_error: OnError = strawberry.field(
        default=OnError.ATOMIC, description="What becomes of the others when one is refused."
    )


@input_as_read(description="A field left out stays as it is; a nullable field given as null is cleared.")
class UpdateCustomerInput:
    id: strawberry.ID = strawberry.field(description=_CUSTOMER)
    first_name: strawberry.Maybe[str | None] = strawberry.field(description="Given name; cannot be cleared.")
    middle_name: strawberry.Maybe[str | None] = strawberry.field(description="Middle name; null clears it.")
    last_name: strawberry.Maybe[str | None] = strawberry.field(description="Family name; cannot be cleared.")
    address: strawberry.Maybe[PostalAddressInput | None] = strawberry.field(
        description="Replaces the address as a whole; null removes it."
    )
    privacy_settings: strawberry.Maybe[PrivacySettingsInput | None] = strawberry.field(
        description="Replaces the settings as a whole; null removes them."
    )
    expected_updated_at: strawberry.Maybe[datetime | None] = strawberry.field(description=_EXPECTED)


@input_as_read(description="A customer to delete, with all that belongs to it.")
class DeleteCustomerInput:
    id: strawberry.ID = strawberry.field(description=_CUSTOMER)
    expected_updated_at: strawberry.Maybe[datetime | None] = strawberry.field(description=_EXPECTED)


@input_as_read(description="An e-mail address to add; a customer's first becomes the primary one.")
class AddCustomerEmailInput:
    customer_id: strawberry.ID = strawberry.field(description=_CUSTOMER)
    email: str = strawberry.field(description="The address, at most 320 characters.")
    is_primary: strawberry.Maybe[bool | None] = strawberry.field(
        description="True takes the place of the primary address there is."
    )
    expected_updated_at: strawberry.Maybe[datetime | None] = strawberry.field(description=_EXPECTED)


@input_as_read(description="Changes to an e-mail address; a field left out stays as it is.")
class UpdateCustomerEmailInput:
    customer_id: strawberry.ID = strawberry.field(description=_CUSTOMER)
    email_id: strawberry.ID = strawberry.field(description="The address's id.")
    email: strawberry.Maybe[str | None] = strawberry.field(description="The new address; cannot be cleared.")
    is_primary: strawberry.Maybe[bool | None] = strawberry.field(
        description="Only true: the address becomes the primary one."
    )
    expected_updated_at: strawberry.Maybe[datetime | None] = strawberry.field(description=_EXPECTED)


@input_as_read(description="An e-mail address to remove; if it was primary, the oldest left becomes so.")
class RemoveCustomerEmailInput:
    customer_id: strawberry.ID = strawberry.field(description=_CUSTOMER)
    email_id: strawberry.ID = strawberry.field(description="The address's id.")
    expected_updated_at: strawberry.Maybe[datetime | None] = strawberry.field(description=_EXPECTED)


@input_as_read(description="A phone number to add.")
class AddCustomerPhoneNumberInput:
    customer_id: strawberry.ID = strawberry.field(description=_CUSTOMER)
    type: str = strawberry.field(description="A label such as mobile or work, at most 20 characters.")
    number: str = strawberry.field(description="The number with a leading + and its country code.")
    expected_updated_at: strawberry.Maybe[datetime | None] = strawberry.field(description=_EXPECTED)


@input_as_read(description="Changes to a phone number; a field left out stays as it is.")
class UpdateCustomerPhoneNumberInput:
    customer_id: strawberry.ID = strawberry.field(description=_CUSTOMER)
    phone_number_id: strawberry.ID = strawberry.field(description="The number's id.")
    type: strawberry.Maybe[str | None] = strawberry.field(description="The new label; cannot be cleared.")
    number: strawberry.Maybe[str | None] = strawberry.field(description="The new number; cannot be cleared.")
    expected_updated_at: strawberry.Maybe[datetime | None] = strawberry.field(description=_EXPECTED)


@input_as_read(description="A phone number to remove.")
class RemoveCustomerPhoneNumberInput:
    customer_id: strawberry.ID = strawberry.field(description=_CUSTOMER)
    phone_number_id: strawberry.ID = strawberry.field(description="The number's id.")
    expected_updated_at: strawberry.Maybe[datetime | None] = strawberry.field(description=_EXPECTED)
