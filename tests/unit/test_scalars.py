"""DateTime: RFC 3339 in, RFC 3339 out, the very same moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from breadth.coercion import coerce_all
from schema.scalars import DATE_TIME

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# A day from either end of the calendar, so that every offset has a moment in UTC.
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS)  # noqa: DTZ001


def parsed(value: object) -> datetime:
    assert DATE_TIME.parse_value is not None
    moment: datetime = DATE_TIME.parse_value(value)
    return moment


def serialized(moment: datetime) -> str:
    assert DATE_TIME.serialize is not None
    text: str = DATE_TIME.serialize(moment)
    return text


def all_serialized(moments: list[Any]) -> list[str]:
    assert DATE_TIME.serialize is not None
    return coerce_all(DATE_TIME.serialize, moments)


@unhurried
@given(MOMENTS)
def test_what_is_written_is_read_as_the_same_moment(moment: datetime) -> None:
    """Any timestamp, to the microsecond and in any offset, survives being written and read."""
    assert parsed(serialized(moment)) == moment


@unhurried
@given(st.lists(MOMENTS | MOMENTS.map(lambda moment: moment.replace(microsecond=0)), min_size=1))
def test_many_are_written_as_each_by_itself(moments: list[datetime]) -> None:
    """Timestamps written at once read as they do one by one, those of a full second too."""
    assert all_serialized(moments) == list(map(serialized, moments))


def test_what_is_no_timestamp_is_not_written() -> None:
    """A text in the place of a timestamp is an error, however it looks."""
    with pytest.raises(TypeError):
        all_serialized(["2026-01-31T12:30:00.123456+00:00"])


@unhurried
@given(MOMENTS)
def test_what_is_read_is_in_utc(moment: datetime) -> None:
    """The offset that a client chooses does not go further than the scalar."""
    assert parsed(moment.isoformat()).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:30:00Z", datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
        ("2026-01-31t12:30:00z", datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
        ("2026-01-31T12:30:00-00:00", datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
        ("2026-01-31T12:30:00.5+05:45", datetime(2026, 1, 31, 6, 45, 0, 500_000, tzinfo=UTC)),
        ("2024-02-29T23:59:59.000001-23:59", datetime(2024, 3, 1, 23, 58, 59, 1, tzinfo=UTC)),
    ],
)
def test_every_form_of_the_standard_is_read(text: str, moment: datetime) -> None:
    """Letters of either case, any offset and up to six digits of a second are read."""
    assert parsed(text) == moment


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2026-01-31",
        "2026-01-31T12:30:00",
        "2026-01-31 12:30:00Z",
        "2026-01-31T12:30Z",
        "2026-01-31T12:30:00+01",
        "2026-01-31T12:30:00+0100",
        "2026-01-31T12:30:00.1234567Z",
        "2026-01-31T12:30:00,5Z",
        "2026-W05-6T12:30:00Z",
        "20260131T123000Z",
        "2026-02-29T12:30:00Z",
        "2026-13-01T12:30:00Z",
        "2026-01-31T24:30:00Z",
        "2026-01-31T12:60:00Z",
        "2026-01-31T12:30:00+24:00",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "+2026-01-31T12:30:00Z",
        "2026-01-31T12:30:00Z\n",
        "2026-01-31T12:30:00Z\0",
        "\u0662\u0660\u0662\u0666-01-31T12:30:00Z",
        "9" * 1_000_000,
        1769862600,
        1.5,
        True,
        None,
        [],
        {},
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_anything_else_is_refused(value: object) -> None:
    """What is not an RFC 3339 timestamp that exists is refused, and the message shows one that is."""
    with pytest.raises(ValueError, match="2026-01-31T12:30:00"):
        parsed(value)
