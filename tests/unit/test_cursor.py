"""Cursors lead back to the place they were made for, and nowhere else."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from models.errors import InvalidArgument
from models.page import Order, OrderField, Position
from schema import cursor

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

MOMENTS = st.datetimes(timezones=st.just(UTC))
ORDERS = st.builds(Order, st.sampled_from([*OrderField, None]), descending=st.booleans())
ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
KEYS = {
    OrderField.CREATED_AT: st.tuples(MOMENTS),
    OrderField.UPDATED_AT: st.tuples(MOMENTS),
    OrderField.LAST_NAME: st.tuples(NAMES),
    OrderField.FIRST_NAME: st.tuples(NAMES),
    None: st.tuples(st.integers(-10, 0), NAMES),
}
PLACES = ORDERS.flatmap(
    lambda order: st.tuples(st.just(order), st.builds(Position, KEYS[order.field], st.uuids()))
)


def forged(content: object) -> str:
    """Return a cursor of any content, its check as it should be."""
    data = orjson.dumps(content)
    return urlsafe_b64encode(cursor._check(data) + data).decode()


@unhurried
@given(PLACES)
def test_a_cursor_leads_back_to_its_place(place: tuple[Order, Position]) -> None:
    """Whatever a customer is called and whenever it was created, its cursor stands for its position."""
    order, position = place
    assert cursor.decode(cursor.encode(position, order), order) == position


@unhurried
@given(PLACES, st.data())
def test_a_changed_cursor_is_refused(place: tuple[Order, Position], data: st.DataObject) -> None:
    """No character of a cursor can be replaced, removed or added without notice."""
    order, position = place
    made = cursor.encode(position, order)
    start = data.draw(st.integers(0, len(made)))
    instead = data.draw(st.text(st.characters(codec="ascii") | st.characters(), max_size=1))
    changed = made[:start] + instead + made[start + data.draw(st.integers(0, 1)) :]
    assume(changed != made)

    with pytest.raises(InvalidArgument, match="not a cursor"):
        cursor.decode(changed, order)


@unhurried
@given(PLACES, ORDERS)
def test_a_cursor_belongs_to_one_order(place: tuple[Order, Position], other: Order) -> None:
    """A cursor works with what it was ordered by, in either direction, and with nothing else."""
    order, position = place
    made = cursor.encode(position, order)

    if other.field is order.field:
        assert cursor.decode(made, other) == position
    else:
        with pytest.raises(InvalidArgument, match="another orderBy"):
            cursor.decode(made, other)


@pytest.mark.parametrize(
    "text",
    ["", "x", "=", "====", "\0", "é", "\ud800", ID, "A" * 1_000_000, "A" * 1_000_001],
    ids=lambda text: ascii(text)[:40],
)
def test_what_was_never_a_cursor_is_refused(text: str) -> None:
    """Any other text is refused, whatever its length and characters."""
    with pytest.raises(InvalidArgument, match="not a cursor"):
        cursor.decode(text, Order())


@pytest.mark.parametrize(
    "content",
    [
        None,
        5,
        "last_name",
        [],
        ["last_name"],
        ["last_name", "Lovelace"],
        ["last_name", "Lovelace", ID, ID],
        ["last_name", "Lovelace", ID[:-1]],
        ["last_name", "Lovelace", 5],
        ["last_name", "Lovelace", None],
        ["last_name", 5, ID],
        ["last_name", None, ID],
        ["last_name", ["Lovelace"], ID],
        ["last_name", "\0", ID],
        ["middle_name", "King", ID],
        ["relevance", 0, ID],
        ["relevance", "0", "Lovelace", ID],
        ["relevance", 1, "Lovelace", ID],
        ["relevance", True, "Lovelace", ID],
        [None, "Lovelace", ID],
        [["last_name"], "Lovelace", ID],
        {"field": "last_name", "key": "Lovelace", "id": ID},
        ["created_at", "Lovelace", ID],
        ["created_at", 5, ID],
        ["created_at", "2026-01-31", ID],
        ["created_at", "2026-01-31T12:30:00", ID],
        ["created_at", "0001-01-01T00:00:00+23:59", ID],
        ["created_at", "9999-12-31T23:59:59-23:59", ID],
    ],
    ids=str,
)
def test_a_forged_cursor_is_refused(content: object) -> None:
    """A cursor with a check as it should be, but not with the content of one, never reaches the database."""
    for field in (OrderField.LAST_NAME, OrderField.CREATED_AT, None):
        with pytest.raises(InvalidArgument):
            cursor.decode(forged(content), Order(field))
