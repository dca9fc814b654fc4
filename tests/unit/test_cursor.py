"""Cursors lead back to the place they were made for, and nowhere else."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from models import Customer, record
from models.errors import InvalidArgument
from models.page import Order, OrderField
from schema import cursor

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

MOMENTS = st.datetimes(timezones=st.just(UTC))
ORDERS = st.builds(Order, st.sampled_from(OrderField), descending=st.booleans())
ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def customer(id_: UUID, first: str, last: str, created: datetime, updated: datetime) -> Customer:
    return record.customer((id_, first, None, last, None, None, created, updated))


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
CUSTOMERS = st.builds(customer, st.uuids(), NAMES, NAMES, MOMENTS, MOMENTS)
ADA = customer(
    UUID(ID), "Ada", "Lovelace", datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
)


def forged(content: object) -> str:
    """Return a cursor of any content, its check as it should be."""
    data = orjson.dumps(content)
    return urlsafe_b64encode(cursor._check(data) + data).decode()


@unhurried
@given(CUSTOMERS, ORDERS)
def test_a_cursor_leads_back_to_its_place(customer: Customer, order: Order) -> None:
    """Whatever a customer is called and whenever it was created, its cursor stands for its position."""
    assert cursor.decode(cursor.encode(customer, order), order) == order.position(customer)


@unhurried
@given(ORDERS, st.data())
def test_a_changed_cursor_is_refused(order: Order, data: st.DataObject) -> None:
    """No character of a cursor can be replaced, removed or added without notice."""
    made = cursor.encode(ADA, order)
    position = data.draw(st.integers(0, len(made)))
    instead = data.draw(st.text(st.characters(codec="ascii") | st.characters(), max_size=1))
    changed = made[:position] + instead + made[position + data.draw(st.integers(0, 1)) :]
    assume(changed != made)

    with pytest.raises(InvalidArgument, match="not a cursor"):
        cursor.decode(changed, order)


@pytest.mark.parametrize("field", OrderField)
@pytest.mark.parametrize("other", OrderField)
def test_a_cursor_belongs_to_one_order(field: OrderField, other: OrderField) -> None:
    """A cursor works with the field that it was read with, in either direction, and with no other."""
    made = cursor.encode(ADA, Order(field))

    for descending in (False, True):
        order = Order(other, descending=descending)
        if field is other:
            assert cursor.decode(made, order) == order.position(ADA)
        else:
            with pytest.raises(InvalidArgument, match="another orderBy"):
                cursor.decode(made, order)


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
    for field in (OrderField.LAST_NAME, OrderField.CREATED_AT):
        with pytest.raises(InvalidArgument):
            cursor.decode(forged(content), Order(field))
