"""Cursors: positions in an order of customers, opaque to clients."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

import orjson

from models.draft import customer_id
from models.errors import InvalidArgument
from models.page import OrderField, Position

if TYPE_CHECKING:
    from models.customer import Customer
    from models.page import Order

_DATES = {OrderField.CREATED_AT, OrderField.UPDATED_AT}
_CHECK_SIZE = 6


def encode(customer: Customer, order: Order) -> str:
    """Return the cursor of a customer in an order."""
    position = order.position(customer)
    content = orjson.dumps([order.field.value, position.key, str(position.id)])
    return urlsafe_b64encode(_check(content) + content).decode()


def decode(cursor: str, order: Order) -> Position:
    """Return the position that a cursor stands for.

    Raises:
        InvalidArgument: it is not a cursor of ours, was altered, or belongs to another order.
    """
    try:
        data = urlsafe_b64decode(cursor)
        check, content = data[:_CHECK_SIZE], data[_CHECK_SIZE:]
        if check != _check(content) or urlsafe_b64encode(data).decode() != cursor:
            raise ValueError
        field, key, id_ = orjson.loads(content)
        position = Position(_moment(key) if OrderField(field) in _DATES else _text(key), customer_id(id_))
    except (ValueError, TypeError, OverflowError):
        raise InvalidArgument(
            "This is not a cursor of this connection; pass a cursor, startCursor or endCursor as it was read."
        ) from None
    if field != order.field.value:
        raise InvalidArgument(
            "This cursor belongs to another orderBy; pass the orderBy that it was read with."
        )
    return position


def _moment(key: str) -> datetime:
    moment = datetime.fromisoformat(key)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _text(key: object) -> str:
    if not isinstance(key, str) or "\0" in key:
        raise ValueError
    return key


def _check(content: bytes) -> bytes:
    # Not a secret: a forged position shows nothing that its forger may not read. It tells damage from data.
    return blake2b(content, digest_size=_CHECK_SIZE, person=b"customer cursor").digest()
