"""Moments (timestamptz), exchanged with PostgreSQL as text.

asyncpg's own way takes three times as long to read one, and a page has a hundred of them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

SESSION: Final = {"datestyle": "ISO", "timezone": "UTC"}
"""What a session must be told for it."""


_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


async def as_text(connection: asyncpg.Connection[Any]) -> None:
    """Have a connection exchange moments as text; a pool calls it for each that it opens."""
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", encoder=datetime.isoformat, decoder=read, format="text"
    )


def read(text: str) -> datetime:
    """Return the moment that PostgreSQL wrote; the nearest that Python has to infinity or a far-off year."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _EARLIEST if text.startswith("-") or text.endswith("BC") else _LATEST


def read_all(texts: Sequence[str]) -> list[datetime]:
    """Return the moments that PostgreSQL wrote, as `read` does."""
    try:
        return list(map(datetime.fromisoformat, texts))
    except ValueError:
        return list(map(read, texts))


def rfc3339(expression: str) -> str:
    """Return the SQL that writes a moment as RFC 3339 has it, in UTC and with microseconds.

    It has years of four digits; other moments become the nearest, as with `read`.
    """
    nearest = f"least(greatest({expression}, '0001-01-01 00:00:00+00'), '9999-12-31 23:59:59.999999+00')"
    return f"""to_char({nearest} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
