"""What is read of files, and what is said about the rows that are refused."""

from __future__ import annotations

import csv
import tracemalloc
from io import BufferedReader, BytesIO, RawIOBase, StringIO
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.files import ndjson, table
from api.files.key import Keys
from api.files.report import Report
from api.files.row import LONGEST, Lines
from api.files.stream import FileError
from models.draft import CustomerDraft
from models.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed import WriteableBuffer

    from api.files.row import Row

NAMES = "firstName,lastName"
WHOLE = {
    "firstName": "Ada",
    "middleName": "King",
    "lastName": "Lovelace",
    "emails": [
        {"email": "ada@example.com", "isPrimary": False},
        {"email": "countess@example.com", "isPrimary": True},
    ],
    "phoneNumbers": [{"type": "home", "number": "+4930123456"}],
    "address": {
        "line1": "12 St James's Square",
        "line2": "Flat 2",
        "city": "London",
        "state": "England",
        "postalCode": "SW1Y 4JH",
        "country": "GB",
    },
    "privacySettings": {"marketingEmailsEnabled": True, "twoFactorEnabled": False},
    "idempotencyKey": "ada-1",
}


class Named(BytesIO):
    """A file in memory."""

    name = "a file"


def lines(data: bytes | str) -> Lines:
    return Lines(Named(data if isinstance(data, bytes) else data.encode()))


def objects(*records: object) -> list[Row]:
    return list(ndjson.Reader(lines(b"\n".join(map(orjson.dumps, records)))))


def cells(*rows: str) -> list[Row]:
    return list(table.Reader(lines("\n".join(rows))))


def drafts(rows: Iterable[Row]) -> list[CustomerDraft]:
    """The customers that rows ask for, none of which is refused."""
    found = [row.draft for row in rows]
    assert all(isinstance(draft, CustomerDraft) for draft in found), found
    return cast("list[CustomerDraft]", found)


def said(rows: Iterable[Row]) -> list[str]:
    """What is reported about rows, without the advice at the end."""
    report: list[str] = []
    for row in rows:
        if isinstance(row.draft, InvalidInput):
            Report(report.append, None).refuse(row, row.draft)
    return [line.rpartition(": ")[0] for line in report]


def as_table(*records: dict[str, Any]) -> bytes:
    """Customers as a table in which every column is there that one of them needs."""
    rows = [dict(table._cells(record, "")) for record in records]
    text = StringIO(newline="")
    writer = csv.DictWriter(text, [name for name in table.COLUMNS if any(name in row for row in rows)])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_both_formats_say_the_same() -> None:
    """A customer with everything is the same draft whether it comes as an object or as cells."""
    [expected] = drafts(objects(WHOLE))

    assert drafts(table.Reader(lines(as_table(WHOLE)))) == [expected]
    assert expected.emails[1].is_primary is True
    assert expected.address
    assert expected.address.postal_code == "SW1Y 4JH"
    assert expected.idempotency_key == "ada-1"


TEXTS = st.text(
    st.characters(exclude_categories=["C", "Z"], codec="utf-8") | st.sampled_from(",\"; =+-@'\\"), min_size=1
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.fixed_dictionaries({"firstName": TEXTS, "lastName": TEXTS}, optional={"middleName": TEXTS}))
)
def test_any_text_survives(records: list[dict[str, str]]) -> None:
    """Whatever customers are called, a table and lines of JSON ask for the same, or are refused alike."""
    data = as_table({"firstName": "Ada", "lastName": "Lovelace"}, *records)

    _, *rows = table.Reader(lines(data))

    assert [row.draft for row in rows if isinstance(row.draft, CustomerDraft)] == [
        row.draft for row in objects(*records) if isinstance(row.draft, CustomerDraft)
    ]
    assert len(rows) == len(records)


def test_what_an_export_adds_is_passed_over() -> None:
    """The id and the times of an exported customer are accepted and have no effect."""
    added = {"id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "createdAt": "2025-01-01", "updatedAt": ""}

    assert drafts(objects(WHOLE | added)) == drafts(objects(WHOLE))
    assert drafts(cells(f"{NAMES},id,createdAt,updatedAt", "Ada,Lovelace,1,2,3")) == drafts(
        cells(NAMES, "Ada,Lovelace")
    )


def test_byte_order_mark_line_ends_and_blank_lines() -> None:
    """A byte order mark, Windows' line ends, blank lines and a missing last line end do not matter."""
    header, rows = f"\ufeff{NAMES}\r\n\r\n", "Ada,Lovelace\r\n\r\nGrace,Hopper"

    assert [row.line for row in table.Reader(lines(header + rows))] == [3, 5]
    assert len(drafts(ndjson.Reader(lines('\ufeff{"firstName":"A","lastName":"B"}\r\n \r\n')))) == 1


def test_empty_cells_are_absent() -> None:
    """An empty cell leaves its field out, a group of empty cells the whole group, in lists too."""
    [draft] = drafts(
        cells(
            f"{NAMES},middleName,emails.0.email,emails.0.isPrimary,emails.2.email,address.city,address.line1,"
            "address.state,address.postalCode,address.country,idempotencyKey",
            "Ada,Lovelace,,,,ada@example.com,,,,,,",
        )
    )

    assert draft.address is None
    assert draft.idempotency_key is None
    assert [email.email for email in draft.emails] == ["ada@example.com"]
    assert draft.middle_name is None


@pytest.mark.parametrize(("cell", "value"), [("true", True), ("TRUE", True), ("False", False)])
def test_booleans_in_cells(cell: str, value: bool) -> None:
    """Booleans are written as spreadsheets write them, in any case."""
    [draft] = drafts(cells(f"{NAMES},emails.0.email,emails.0.isPrimary", f"A,B,a@example.com,{cell}"))

    assert draft.emails[0].is_primary is value


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"firstName": "A", "lastName": "B"', ["row: INVALID_VALUE"]),
        (b'{"firstName": "A", "lastName": "\\ud800"}', ["row: INVALID_VALUE"]),
        (b"[" * 100_000, ["row: INVALID_VALUE"]),
        (b"null", ["row: INVALID_VALUE"]),
        (b'["Ada"]', ["row: INVALID_VALUE"]),
        (b'{"firstName": "Gr\xe4ce", "lastName": "B"}', ["row: INVALID_CHARACTER"]),
        (b'{"firstName": "A\\u0000", "lastName": "B"}', ["firstName: INVALID_CHARACTER"]),
        (b'{"firstName": 1, "lastName": null}', ["firstName: INVALID_VALUE", "lastName: INVALID_VALUE"]),
        (b'{"first_name": "A", "lastName": "B"}', ["first_name: INVALID_VALUE", "firstName: REQUIRED"]),
        (b'{"firstName": "A", "lastName": "B", "\\u001b[31m": 1}', ["'\\x1b[31m': INVALID_VALUE"]),
        (
            b'{"firstName":"A","lastName":"B","phoneNumbers":[{"type":"x","number":"1","ext":2},3]}',
            [
                "phoneNumbers.0.ext: INVALID_VALUE",
                "phoneNumbers.0.number: INVALID_PHONE_NUMBER",
                "phoneNumbers.1: INVALID_VALUE",
            ],
        ),
        (b'{"firstName": "A", "lastName": "B", "address": []}', ["address: INVALID_VALUE"]),
        (b'{"firstName": "A", "lastName": "B", "idempotencyKey": " "}', ["idempotencyKey: BLANK"]),
    ],
)
def test_refused_lines(line: bytes, expected: list[str]) -> None:
    """A line that is no customer is refused with its number, and the lines around it are read."""
    good = b'{"firstName": "Ada", "lastName": "Lovelace"}'

    rows = list(ndjson.Reader(lines(b"\n".join([good, line, good]))))

    assert said(rows) == [f"line 2: {reason}" for reason in expected]
    assert len(rows) == 3


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Ada,Lovelace,", ["line 2: row: INVALID_VALUE"]),
        ("Ada,Lovelace,,,", ["line 2: row: INVALID_VALUE"]),
        ('"Ada" B,Lovelace,,', ["line 2: row: INVALID_VALUE"]),
        ('"A\nda",Lovelace,,', ["lines 2-3: firstName: INVALID_CHARACTER"]),
        (",,,", ["line 2: firstName: REQUIRED", "line 2: lastName: REQUIRED"]),
        ("Ada,Lovelace,,nobody", ["line 2: emails.3.email: INVALID_EMAIL"]),
        ("Ada,Lovelace,a@example.com,a@example.com", ["line 2: emails.3.email: DUPLICATE"]),
        ("A\0,Lovelace,,", ["line 2: firstName: INVALID_CHARACTER"]),
        ("A" * 200_000 + ",Lovelace,,", ["line 2: firstName: TOO_LONG"]),
    ],
)
def test_refused_rows(row: str, expected: list[str]) -> None:
    """A row that is no customer is refused with its lines and columns, and the rows around it are read."""
    rows = cells(f"{NAMES},emails.0.email,emails.3.email", row, "Grace,Hopper,,")

    assert said(rows) == expected
    assert len(rows) == 2


def test_latin_1_in_a_table() -> None:
    """A row with bytes that are not UTF-8 is refused with its number, however it was meant."""
    rows = list(table.Reader(lines(f"{NAMES}\nAda,Lovelace\nGräce,Hopper\nA,B".encode("latin-1"))))

    assert said(rows) == ["line 3: row: INVALID_CHARACTER"]
    assert len(rows) == 3


def test_a_quote_that_does_not_end() -> None:
    """What an open quote swallows is refused as one row, all its lines named, and kept for mending."""
    *_, row = cells(NAMES, "Ada,Lovelace", '"Grace,Hopper', "Jean,Bartik")

    assert said([row]) == ["lines 3-4: row: INVALID_VALUE"]
    assert row.data == b'"Grace,Hopper\nJean,Bartik'


@pytest.mark.parametrize("longer", [-1, 1])
def test_a_value_that_is_as_long_as_a_row(longer: int) -> None:
    """A row may have as many bytes as one line may, in one cell too; what its field may have is less."""
    rest = len("Ada,Lovelace\n")
    [row] = cells(NAMES, f"Ada{'a' * (LONGEST - rest + longer)},Lovelace\n")

    assert said([row]) == ["line 2: firstName: TOO_LONG" if longer < 0 else "line 2: row: TOO_LONG"]


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("firstname,lastName", ["unknown: 'firstname'", "missing: 'firstName'"]),
        ("firstName,lastName,emails.0.isPrimary", ["missing: 'emails.0.email'"]),
        (
            "firstName,lastName,emails.100.email,emails.00.email",
            ["unknown: 'emails.100.email', 'emails.00.email'"],
        ),
        ("firstName,lastName,firstName", ["given twice: 'firstName'"]),
        ("firstName,lastName,address.line2", ["'address.line1', 'address.city', 'address.state', 'address."]),
        ("firstName,lastName,", ["unknown: ''"]),
        ("emails,firstName,lastName,\x1b[31m", ["unknown: 'emails', '\\x1b[31m'"]),
        ("Ada,Lovelace", ["line 1: begin with a header"]),
        ("firstName;lastName", ["separated by commas"]),
        ("", ["line 1: begin with a header"]),
        ('"firstName,lastName', ["line 1: Put a value"]),
    ],
)
def test_wrong_headers(header: str, named: list[str]) -> None:
    """A header with anything wrong is refused as a whole, and all that is wrong with it is named."""
    with pytest.raises(FileError) as error:
        table.Reader(lines(f"{header}\nAda,Lovelace"))

    assert all(part in str(error.value) for part in named), error.value


def test_a_header_in_another_encoding() -> None:
    """A table that is not in UTF-8 from its first line on is refused as a whole."""
    with pytest.raises(FileError, match="line 1: Save the file as UTF-8"):
        table.Reader(lines(f"{NAMES}\nAda,Lovelace".encode("utf-16")))


def test_values_are_not_repeated() -> None:
    """Nothing that is said about a row, or about a header that is a row, holds any of its values."""
    report: list[str] = []
    for row in [
        *objects({"firstName": "S\0cret", "lastName": 7, "address": "S3cret"}),
        *cells(NAMES, "S3cret\0,x,y"),
    ]:
        assert isinstance(row.draft, InvalidInput)
        Report(report.append, None).refuse(row, row.draft)
    with pytest.raises(FileError) as error:
        table.Reader(lines("S3cret,Name\n"))

    assert len(report) == 4
    assert not [text for text in [*report, str(error.value)] if "cret" in text]


class Endless(RawIOBase):
    """A file of one line that is 100 MB long, and another behind it."""

    name = "a file"

    def __init__(self) -> None:
        self.left = 100_000_000

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        if self.left <= 0:
            return 0
        data = (
            (b"x" * (min(self.left, len(view)) - 1) + b"\n") if self.left <= len(view) else b"x" * len(view)
        )
        view[: len(data)] = data
        self.left -= len(data)
        return len(data)


@pytest.mark.parametrize("read", [ndjson.Reader, lambda rows: table.Reader([*lines(NAMES), *rows])])
def test_an_overlong_line(read: Callable[[Iterable[Any]], Iterable[Row]]) -> None:
    """A line of 100 MB is refused by its number, in the memory of a small one, and is not kept."""
    tracemalloc.start()
    try:
        [row] = read(Lines(cast("BinaryIO", BufferedReader(Endless()))))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert said([row]) == ["line 1: row: TOO_LONG"]
    assert row.data is None
    assert peak < 10 * LONGEST


def test_equal_rows_have_keys_of_their_own() -> None:
    """Rows get keys by what they say and how often it was said; rows that have a key keep it."""
    ada, grace = {"firstName": "Ada", "lastName": "L"}, {"firstName": "Grace", "lastName": "H"}
    named = ada | {"idempotencyKey": "mine"}

    with Keys() as keys:
        first = [draft.idempotency_key for draft in drafts(keys.given(objects(ada, grace, ada, named)))]

    assert len(set(first)) == 4
    assert first[3] == "mine"


def test_keys_stay_when_a_file_is_edited() -> None:
    """Rows keep their keys when others are removed, mended or moved, and in the other format."""
    ada, grace, nobody = (
        WHOLE | {"idempotencyKey": None},
        {"firstName": "G", "lastName": "H"},
        {"firstName": ""},
    )

    def keyed(rows: Iterable[Row]) -> list[str]:
        with Keys() as keys:
            given = [row.draft for row in keys.given(rows)]
        return sorted(draft.idempotency_key or "" for draft in given if isinstance(draft, CustomerDraft))

    before = keyed(objects(nobody, ada, grace, ada))

    assert keyed(objects(ada, ada, grace)) == before
    assert keyed(table.Reader(lines(as_table(grace, ada, ada)))) == before
