"""Cursors: positions in an order of customers, opaque to clients."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from models.draft import customer_id
from models.errors import InvalidArgument
from models.page import OrderField, Position
from models.search import MOST_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.page import Key, Order

_CHECK_SIZE = 6


def encode(position: Position, order: Order) -> str:
    """Return the cursor of a position in an order."""
    content = orjson.dumps([_name(order), *position.keys, str(position.id)])
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
        name, *keys, id_ = orjson.loads(content)
        readers = _READERS[name]
        position = Position(
            tuple(read(key) for read, key in zip(readers, keys, strict=True)), customer_id(id_)
        )
    except (ValueError, TypeError, LookupError, OverflowError):
        raise InvalidArgument(
            "This is not a cursor of this connection; pass a cursor, startCursor or endCursor as it was read."
        ) from None
    if name != _name(order):
        raise InvalidArgument(
            "This cursor belongs to another orderBy, or to a search; pass the orderBy and search that it was "
            "read with."
        )
    return position


def _name(order: Order) -> str:
    return order.field.value if order.field else _RELEVANCE


def _moment(key: str) -> datetime:
    moment = datetime.fromisoformat(key)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _text(key: object) -> str:
    if not isinstance(key, str) or "\0" in key:
        raise ValueError
    return key


def _number(key: object) -> int:
    if type(key) is not int or not -MOST_WORDS <= key <= 0:
        raise ValueError
    return key


_RELEVANCE = "relevance"
_READERS: dict[str, tuple[Callable[[Any], Key], ...]] = {
    OrderField.CREATED_AT.value: (_moment,),
    OrderField.UPDATED_AT.value: (_moment,),
    OrderField.LAST_NAME.value: (_text,),
    OrderField.FIRST_NAME.value: (_text,),
    _RELEVANCE: (_number, _text),
}


def _check(content: bytes) -> bytes:
    # Not a secret: a forged position shows nothing that its forger may not read. It tells damage from data.
    return blake2b(content, digest_size=_CHECK_SIZE, person=b"customer cursor").digest()
