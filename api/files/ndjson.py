"""Newline-delimited JSON: each line is one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from api.files.row import Row
from api.files.shape import draft, record
from models.errors import InvalidInput, Issue, IssueCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from api.files.row import Line
    from models.customer import Customer
    from models.draft import CustomerDraft


class Reader:
    """The rows of a file; lines without anything on them are passed over."""

    head = b""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[Row]:
        for line in self._lines:
            if not line.data.isspace():
                yield Row(line.number, line.number, line.data if line.whole else None, _draft(line))


def _draft(line: Line) -> CustomerDraft | InvalidInput:
    try:
        return draft(orjson.loads(line.text()))
    except orjson.JSONDecodeError as error:
        message = f"Write each customer as one line of JSON; from character {error.pos + 1} on this is none."
        return InvalidInput([Issue((), IssueCode.INVALID_VALUE, message)])
    except InvalidInput as error:
        return error


class Writer:
    """Customers as lines."""

    head = b""

    def rows(self, customers: Sequence[Customer]) -> bytes:
        """Return the lines of customers whose related fields have all been fetched."""
        return b"".join(
            orjson.dumps(record(customer), option=orjson.OPT_APPEND_NEWLINE) for customer in customers
        )
