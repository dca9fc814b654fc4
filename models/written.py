"""Customers as JSON that PostgreSQL writes, for answers that need them for nothing else.

On its way to an answer a customer is values, an instance, a part of columns, a dictionary, and text at last.
PostgreSQL has the text sooner.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, LiteralString, NamedTuple, TypeAlias

from tortoise import fields

from db import moment
from models import record
from models.customer import Customer, CustomerEmail, CustomerPhoneNumber, PostalAddress, PrivacySettings

if TYPE_CHECKING:
    from tortoise.models import Model

MOST_SHAPES: Final = 50
"""How many shapes are written at a time: each has statements, and a connection keeps a hundred prepared."""


class Member(NamedTuple):
    """A member of an object: its name, and the attribute of the model that has its value.

    What belongs to a customer has members of its own. A member without an attribute is `text`.
    """

    name: str
    attribute: str | None
    members: Shape = ()
    text: str = ""


Shape: TypeAlias = tuple[Member, ...]
"""What objects have, in this order."""


class Written(NamedTuple):
    """How PostgreSQL writes customers: `json` is an expression, JSON in UTF-8, for a row `c` of customers."""

    json: LiteralString

    @classmethod
    def of(cls, shape: Shape) -> Written:
        """Return how customers of a shape are written.

        Raises:
            KeyError: a member is neither a column nor what belongs to a customer.
            ValueError: a name is none of GraphQL's.
        """
        # As bytes: to make a text of them, and bytes of that again for the answer, would take Python longer.
        return cls("convert_to(" + _object(Customer, "c", shape) + ", 'UTF8')")


class Shapes:
    """The shapes that were asked for last."""

    def __init__(self) -> None:
        self._last: dict[Shape, Written | None] = {}

    def written(self, shape: Shape) -> Written | None:
        """Return how customers of a shape are written.

        None means that they are to be read: the shape was not among the last, for which it would not be worth
        while to prepare a statement, or it has what is not in a column.
        """
        known = shape in self._last
        # What was asked for last stands last.
        written = self._last[shape] = self._last.pop(shape) if known else _written(shape)
        if len(self._last) > MOST_SHAPES:
            del self._last[next(iter(self._last))]
        return written if known else None


def _written(shape: Shape) -> Written | None:
    try:
        return Written.of(shape)
    except KeyError:
        return None


class _Belonging(NamedTuple):
    """Rows `o` that belong to a customer `c`: one or none, or, with an order, several."""

    model: type[Model]
    rows: LiteralString
    order: LiteralString | None = None


_BELONGINGS: Final = {
    "address": _Belonging(PostalAddress, "postal_addresses o WHERE o.address_id = c.address_id"),
    "privacy_settings": _Belonging(
        PrivacySettings, "privacy_settings o WHERE o.privacy_settings_id = c.privacy_settings_id"
    ),
    "emails": _Belonging(
        CustomerEmail,
        "customer_emails o WHERE o.customer_id = c.customer_id",
        record.EMAIL_ORDER,
    ),
    "primary_email": _Belonging(
        CustomerEmail, "customer_emails o WHERE o.customer_id = c.customer_id AND o.is_primary"
    ),
    "phone_numbers": _Belonging(
        CustomerPhoneNumber,
        "customer_phone_numbers o WHERE o.customer_id = c.customer_id",
        record.PHONE_NUMBER_ORDER,
    ),
}


def _object(model: type[Model], row: str, members: Shape) -> str:
    """Return the expression for an object."""
    written = []
    for name, attribute, below, text in members:
        # They become part of the SQL, and some are a client's; GraphQL has no others.
        if not (f"{name}{text}".isascii() and f"{name}{text}".isidentifier()):
            raise ValueError(f"no name of GraphQL's: {name} {text}")
        if attribute is None:
            value = f"""'"{text}"'"""
        elif below:
            value = _belonging(_BELONGINGS[attribute], below)
        else:
            value = _columns(model, row)[attribute]
        written.append(f"""'"{name}":' || {value}""")
    joined = "'{' || " + " || ',' || ".join(written) + " || '}'"
    # Literals that stand side by side are one.
    return joined.replace("' || '", "")


def _belonging(belonging: _Belonging, members: Shape) -> str:
    model, rows, order = belonging
    value = _object(model, "o", members)
    if order is None:
        return f"coalesce((SELECT {value} FROM {rows}), 'null')"
    return f"'[' || coalesce((SELECT string_agg({value}, ',' ORDER BY {order}) FROM {rows}), '') || ']'"


@lru_cache
def _columns(model: type[Model], row: str) -> dict[str, str]:
    """Return expressions for the attributes that are columns, which are JSON as text."""
    described = model.describe(serializable=False)
    key = described["pk_field"]
    values = {key["name"]: f"""'"' || {row}.{key["db_column"]} || '"'"""}
    for field in described["data_fields"]:
        column = f"{row}.{field['db_column']}"
        if field["field_type"] is fields.DatetimeField:
            value = f"""'"' || {moment.rfc3339(column)} || '"'"""
        elif field["field_type"] is fields.BooleanField:
            value = f"{column}::text"
        else:
            value = f"to_json({column})::text"
        values[field["name"]] = f"coalesce({value}, 'null')" if field["nullable"] else value
    return values
