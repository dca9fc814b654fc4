"""CSV as RFC 4180 has it, in UTF-8: a header of paths such as `emails.0.email`, then a customer a row."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, replace
from io import StringIO
from typing import TYPE_CHECKING, Any

from api.files.row import LONGEST, TOO_LONG, Row
from api.files.shape import CUSTOMER, READ_ONLY, checked, record
from api.files.stream import FileError
from models.draft import MOST_CONTACTS
from models.errors import InvalidInput, Issue, IssueCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from api.files.row import Line
    from api.files.shape import Field
    from models.customer import Customer
    from models.draft import CustomerDraft

# What is too long for a row is said in one place, as it is for other files.
csv.field_size_limit(LONGEST)

_BOOLEANS = {"true": True, "false": False}
_QUOTES = Issue(
    (),
    IssueCode.INVALID_VALUE,
    "Put a value with commas or quotes between quotes, and double the quotes in it; here one does not end.",
)


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column's cells belong: a field of the customer, or of one of the `group` that it has."""

    field: Field
    group: str | None = None
    position: int | None = None

    def put(self, values: dict[Any, Any], value: object) -> None:
        """Put a cell's value where it belongs; lists are dicts by position for now."""
        for step in (self.group, self.position):
            if step is not None:
                values = values.setdefault(step, {})
        values[self.field.name] = value


def _columns(emails: int, phone_numbers: int) -> Iterator[tuple[str, Column]]:
    """Yield all columns of customers with that many e-mail addresses and phone numbers, by their names."""
    most = {"emails": emails, "phone_numbers": phone_numbers}
    for name, field in CUSTOMER.items():
        if not field.fields:
            yield name, Column(field)
        for position in range(most[field.name]) if field.many else [None]:
            for inner, part in field.fields.items():
                path = [name, inner] if position is None else [name, str(position), inner]
                yield ".".join(path), Column(part, field.name, position)


COLUMNS: Mapping[str, Column] = dict(_columns(MOST_CONTACTS, MOST_CONTACTS))
"""All columns that a file may have, by the names in its header."""

_LISTS = {name: field.name for name, field in CUSTOMER.items() if field.many}


class Reader:
    """The rows of a file; lines without anything on them are passed over.

    Raises:
        FileError: the header is missing, or names something else than `COLUMNS`.
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        self._feed = _Feed(lines)
        # Strict, as otherwise csv would make something of every misplaced quote.
        self._cells = csv.reader(self._feed, strict=True)
        try:
            header = [name.strip() for name in next(self._cells, [])]
        except InvalidInput as error:
            raise FileError(f"line 1: {error.issues[0].message}") from None
        except csv.Error:
            raise FileError(f"line 1: {_QUOTES.message}") from None
        _check(header)
        self.head = self._feed.data() or b""
        self._columns = [COLUMNS.get(name) for name in header]

    def __iter__(self) -> Iterator[Row]:
        while True:
            self._feed.begin()
            draft: CustomerDraft | InvalidInput
            try:
                cells = next(self._cells)
                if not cells:
                    continue
                draft = self._draft(cells)
            except StopIteration:
                return
            except csv.Error:
                draft = InvalidInput([_QUOTES])
            except InvalidInput as error:
                draft = error
            yield self._feed.row(draft)

    def _draft(self, cells: Sequence[str]) -> CustomerDraft:
        if len(cells) != len(self._columns):
            message = f"Give {len(self._columns)} cells, as many as the header has; here are {len(cells)}."
            raise InvalidInput([Issue((), IssueCode.INVALID_VALUE, message)])
        values: dict[str, Any] = {}
        for column, cell in zip(self._columns, cells, strict=True):
            if column and cell:
                column.put(values, _BOOLEANS.get(cell.lower(), cell) if column.field.boolean else cell)
        positions = {name: sorted(values[key]) for name, key in _LISTS.items() if key in values}
        for name, filled in positions.items():
            values[_LISTS[name]] = [values[_LISTS[name]][position] for position in filled]
        try:
            return checked(values)
        except InvalidInput as error:
            raise InvalidInput([_as_in_header(issue, positions) for issue in error.issues]) from None


def _as_in_header(issue: Issue, positions: Mapping[str, Sequence[int]]) -> Issue:
    """Return an issue with the position that its column has, where columns before it are empty."""
    match issue.path:
        case (name, position, *rest) if name in positions:
            return replace(issue, path=(name, str(positions[name][int(position)]), *rest))
    return issue


class _Feed:
    """Hands lines to csv's reader, and keeps those of the row that it is at."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self.begin()

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._row.append(line)
        self._size += len(line.data)
        if self._size > LONGEST:
            raise InvalidInput([TOO_LONG])
        return line.text()

    def begin(self) -> None:
        """Forget the row; the next line begins another."""
        self._row: list[Line] = []
        self._size = 0

    def data(self) -> bytes | None:
        """Return the row's bytes, unless it was too long to keep them."""
        return b"".join(line.data for line in self._row) if all(line.whole for line in self._row) else None

    def row(self, draft: CustomerDraft | InvalidInput) -> Row:
        """Return the row, of which that draft came."""
        return Row(self._row[0].number, self._row[-1].number, self.data(), draft)


def _check(header: Sequence[str]) -> None:
    known = COLUMNS.keys() | set(READ_ONLY)
    if known.isdisjoint(header):
        # Its names are not repeated: without a header this is somebody's record.
        raise FileError(
            "line 1: begin with a header that names the columns, separated by commas, such as "
            "firstName,lastName,emails.0.email"
        )
    begun = {(column.group, column.position) for name in header if (column := COLUMNS.get(name))}
    wrong = {
        "unknown": [name for name in header if name not in known],
        "given twice": [name for name, times in Counter(header).items() if times > 1],
        "missing": [
            name
            for name, column in COLUMNS.items()
            if name not in header
            and column.field.required
            and (column.group is None or (column.group, column.position) in begun)
        ],
    }
    faults = [f"{fault}: {', '.join(map(repr, names))}" for fault, names in wrong.items() if names]
    if faults:
        raise FileError(f"line 1: the header does not name the columns of customers; {'; '.join(faults)}")


class Writer:
    """Customers as rows with columns for as many e-mail addresses and phone numbers as are given."""

    def __init__(self, emails: int, phone_numbers: int) -> None:
        columns = [name for name, _ in _columns(emails, phone_numbers) if name != "idempotencyKey"]
        self._names = [READ_ONLY[0], *columns, *READ_ONLY[1:]]
        self.head = _written([self._names])

    def rows(self, customers: Sequence[Customer]) -> bytes:
        """Return the rows of customers whose related fields have all been fetched."""
        cells = (dict(_cells(record(customer), "")) for customer in customers)
        return _written([[row.get(name, "") for name in self._names] for row in cells])


def _cells(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield what a record holds as cells, each with the name of its column."""
    match value:
        case dict() | list():
            for step, part in value.items() if isinstance(value, dict) else enumerate(value):
                yield from _cells(part, f"{path}.{step}" if path else str(step))
        case bool():
            yield path, str(value).lower()
        case str():
            yield path, value


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
