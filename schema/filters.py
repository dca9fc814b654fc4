"""What a list of customers can be narrowed down to, translated into the domain's filters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from keyword import iskeyword
from typing import Any
from uuid import UUID

import strawberry

from models.draft import customer_id
from models.errors import InvalidArgument, LimitExceeded
from models.filter import MOST_CONDITIONS, CustomerFilter, IdFilter, MomentFilter, TextFilter
from schema.inputs import input_as_read, python_name


@strawberry.input(name="IDFilter", description="Which ids are meant. Everything given must hold.")
class IDFilter:
    eq: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="This one.")
    in_: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        name="in", description="One of these, at most 1,000; none matches an empty list."
    )


@strawberry.input(description="What text must be. Comparisons ignore case; everything given must hold.")
class StringFilter:
    eq: strawberry.Maybe[str | None] = strawberry.field(description="Exactly this.")
    in_: strawberry.Maybe[list[str] | None] = strawberry.field(
        name="in", description="One of these, at most 1,000; none matches an empty list."
    )
    starts_with: strawberry.Maybe[str | None] = strawberry.field(
        description="Something that begins like this."
    )
    contains: strawberry.Maybe[str | None] = strawberry.field(
        description="Something that has this anywhere in it."
    )
    is_null: strawberry.Maybe[bool | None] = strawberry.field(
        description="True: not there at all; false: there, whatever it is."
    )


@strawberry.input(description="Between which moments. Everything given must hold.")
class DateTimeFilter:
    gte: strawberry.Maybe[datetime | None] = strawberry.field(description="Then or later.")
    gt: strawberry.Maybe[datetime | None] = strawberry.field(description="Later.")
    lte: strawberry.Maybe[datetime | None] = strawberry.field(description="Then or earlier.")
    lt: strawberry.Maybe[datetime | None] = strawberry.field(description="Earlier.")


# To make a list of 300,000 filters into instances would take ten seconds, for each field that is given it; as
# they were read, they are held against the limit before anything is made of them.
@input_as_read(description="Every field given must hold. An empty object matches every customer.")
class CustomerWhere:
    and_: strawberry.Maybe[list[CustomerWhere] | None] = strawberry.field(
        name="and", description="Each of these holds; nesting ends at 10 levels."
    )
    or_: strawberry.Maybe[list[CustomerWhere] | None] = strawberry.field(
        name="or", description="At least one of these holds; none of an empty list does."
    )
    not_: strawberry.Maybe[CustomerWhere | None] = strawberry.field(
        name="not", description="This does not hold."
    )
    id: strawberry.Maybe[IDFilter | None] = strawberry.field(description="The customer's id.")
    first_name: strawberry.Maybe[StringFilter | None] = strawberry.field(description="Given name.")
    middle_name: strawberry.Maybe[StringFilter | None] = strawberry.field(description="Middle name or names.")
    last_name: strawberry.Maybe[StringFilter | None] = strawberry.field(description="Family name.")
    email: strawberry.Maybe[StringFilter | None] = strawberry.field(
        description="Holds when at least one of the customer's e-mail addresses matches."
    )
    phone_number: strawberry.Maybe[StringFilter | None] = strawberry.field(
        description="Holds when at least one of the customer's phone numbers matches, in E.164 form."
    )
    city: strawberry.Maybe[StringFilter | None] = strawberry.field(description="City of the postal address.")
    state: strawberry.Maybe[StringFilter | None] = strawberry.field(
        description="State of the postal address."
    )
    postal_code: strawberry.Maybe[StringFilter | None] = strawberry.field(
        description="Postal code of the postal address."
    )
    country: strawberry.Maybe[StringFilter | None] = strawberry.field(
        description="Country of the postal address, an ISO 3166-1 alpha-2 code."
    )
    marketing_emails_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        description="What the privacy settings say; a customer without any matches neither."
    )
    two_factor_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        description="What the privacy settings say; a customer without any matches neither."
    )
    created_at: strawberry.Maybe[DateTimeFilter | None] = strawberry.field(
        description="When the customer was created."
    )
    updated_at: strawberry.Maybe[DateTimeFilter | None] = strawberry.field(
        description="When the customer, or anything it owns, last changed."
    )


_PARTS: dict[str, type[CustomerFilter | IdFilter | MomentFilter]] = {
    **dict.fromkeys(("and", "or", "not"), CustomerFilter),
    **dict.fromkeys(("createdAt", "updatedAt"), MomentFilter),
    "id": IdFilter,
}
"""What the fields of a filter are; all others are texts, or true or false."""


def customer_filter(where: Mapping[str, Any]) -> CustomerFilter:
    """Return the domain's filter.

    Raises:
        InvalidArgument: a null where a value belongs, or an id that is none.
        LimitExceeded: it has more filters than any may have.
    """
    if len(list(islice(_parts(where), MOST_CONDITIONS + 1))) > MOST_CONDITIONS:
        raise LimitExceeded(f"Give at most {MOST_CONDITIONS} filters; combine values with in.")
    return CustomerFilter(**{_name(name): _translated(name, value) for name, value in where.items()})


def _parts(where: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all filters within one."""
    pending = list(where.values())
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield value
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def _translated(name: str, value: Any) -> Any:
    match value:
        case None:
            raise InvalidArgument(
                "Leave a filter out instead of giving null; isNull finds what is not there."
            )
        case list():
            return [_translated(name, item) for item in value]
        case dict():
            part = _PARTS.get(name, TextFilter)
            within = "id" if part is IdFilter else ""
            return part(**{_name(key): _translated(within or key, item) for key, item in value.items()})
        case str() if name == "id":
            return _id(value)
    return value


def _id(text: str) -> UUID:
    try:
        return customer_id(text)
    except ValueError:
        raise InvalidArgument("Give ids as they were read: UUIDs.") from None


def _name(name: str) -> str:
    return f"{name}_" if iskeyword(name) else python_name(name)
