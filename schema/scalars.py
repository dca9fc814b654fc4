"""Scalars of the schema beyond GraphQL's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import strawberry

from breadth import coerced_together

# datetime.fromisoformat alone would also read dates, week dates and times without an offset.
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)

_LENGTH = len("2026-01-31T12:30:00.123456+00:00")


def _parse(value: Any) -> datetime:
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError(
        "DateTime needs an RFC 3339 timestamp with an offset, such as 2026-01-31T12:30:00.123456Z."
    )


def _serialize_all(values: Sequence[datetime]) -> list[str]:
    if set(map(type, values)) != {datetime}:
        raise TypeError("a DateTime is made of a datetime")
    # One call for all takes a third of the time of one for each.
    texts: list[str] = orjson.dumps(values).decode()[2:-2].split('","')
    return texts if set(map(len, texts)) == {_LENGTH} else list(map(_serialize, values))


@coerced_together(_serialize_all)
def _serialize(value: datetime) -> str:
    # Three times as quick as isoformat, but it leaves zeros out.
    if value.microsecond:
        return orjson.dumps(value)[1:-1].decode()
    return value.isoformat(timespec="microseconds")


DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="An RFC 3339 timestamp with offset, microseconds kept.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=_serialize,
    parse_value=_parse,
)
