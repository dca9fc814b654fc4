"""Lines and rows of a file, with their places; never more of one in memory than `LONGEST` bytes."""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from api.files.stream import explained
from models.errors import InvalidInput, Issue, IssueCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.draft import CustomerDraft

LONGEST = 1_000_000

TOO_LONG = Issue((), IssueCode.TOO_LONG, "Give at most 1 MB; this is no row of a customer.")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands in the file, with its end; only its beginning where it is not `whole`."""

    number: int
    data: bytes
    whole: bool

    def text(self) -> str:
        """Return what the line says.

        Raises:
            InvalidInput: it is too long, or not in UTF-8.
        """
        if not self.whole:
            raise InvalidInput([TOO_LONG])
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            message = f"Save the file as UTF-8; byte {error.start + 1} of line {self.number} is not."
            raise InvalidInput([Issue((), IssueCode.INVALID_CHARACTER, message)]) from None


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its first and last line, its bytes if they were kept, the customer it asks for or why none."""

    line: int
    last: int
    data: bytes | None
    draft: CustomerDraft | InvalidInput

    @property
    def place(self) -> str:
        """Where in the file it is: `line 3`, `lines 3-5`."""
        return f"line {self.line}" if self.last == self.line else f"lines {self.line}-{self.last}"


class Lines:
    """The lines of a file, without a byte order mark; `size` bytes have been read so far."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0

    def __iter__(self) -> Iterator[Line]:
        number = 0
        while data := self._read():
            number += 1
            end = data
            while len(end) == LONGEST and not end.endswith(b"\n"):
                end = self._read()
            yield Line(number, data.removeprefix(BOM_UTF8) if number == 1 else data, whole=end is data)

    def _read(self) -> bytes:
        with explained(self._file.name):
            data = self._file.readline(LONGEST)
        self.size += len(data)
        return data
