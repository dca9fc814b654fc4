"""What is said about refused rows: their places and the reasons, never their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.files.shape import place
from models.errors import CustomerError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.files.row import Row
    from api.files.stream import Write


class Report:
    """Says why rows are refused, a line for each reason, and writes the rows themselves to `rejects`."""

    def __init__(self, say: Callable[[str], None], rejects: Write | None) -> None:
        self._say = say
        self._rejects = rejects

    def refuse(self, row: Row, error: CustomerError) -> None:
        """Report a row: `line 3: emails.0.email: INVALID_EMAIL: Give an e-mail address …`."""
        for reason in _reasons(error):
            self._say(f"{row.place}: {reason}")
        if not self._rejects:
            return
        if row.data is None:
            self._say(f"{row.place}: not among the rejects, as it is too long")
        else:
            self._rejects(row.data if row.data.endswith(b"\n") else row.data + b"\n")


def _reasons(error: CustomerError) -> Iterator[str]:
    if isinstance(error, InvalidInput):
        for issue in error.issues:
            yield f"{place(issue.path) or 'row'}: {issue.code}: {issue.message}"
    else:
        yield f"idempotencyKey: IDEMPOTENCY_CONFLICT: {error}"
