"""What can go wrong in the customer domain, as plain exceptions.

Every message tells a caller what to do next; none holds a value that belongs to another customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.customer import Customer


class IssueCode(StrEnum):
    """Why a value of an input was refused."""

    BLANK = "BLANK"
    TOO_LONG = "TOO_LONG"
    INVALID_EMAIL = "INVALID_EMAIL"
    INVALID_PHONE_NUMBER = "INVALID_PHONE_NUMBER"
    INVALID_COUNTRY = "INVALID_COUNTRY"
    INVALID_POSTAL_CODE = "INVALID_POSTAL_CODE"
    INVALID_ID = "INVALID_ID"
    INVALID_CHARACTER = "INVALID_CHARACTER"
    DUPLICATE = "DUPLICATE"
    MULTIPLE_PRIMARY = "MULTIPLE_PRIMARY"
    REQUIRED = "REQUIRED"
    TOO_MANY = "TOO_MANY"
    INVALID_VALUE = "INVALID_VALUE"


@dataclass(frozen=True, slots=True)
class Issue:
    """One value at fault; `path` leads to it from the input, list positions included."""

    path: tuple[str, ...]
    code: IssueCode
    message: str


class CustomerError(Exception):
    """Something that a caller of the customer service can expect and act on."""


class InvalidInput(CustomerError):
    """The input breaks a rule; `issues` says where, and nothing was done."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        count = "One value is" if len(issues) == 1 else f"{len(issues)} values are"
        super().__init__(f"{count} not acceptable; see issues, correct the input and send it again.")
        self.issues = tuple(issues)


class NotFound(CustomerError):
    """No such record, or not one of this customer's."""

    def __init__(self, noun: str, id_: str) -> None:
        super().__init__(f"There is no {noun} with this id; it may have been deleted since it was read.")
        self.id = id_


class StaleCustomer(CustomerError):
    """The customer changed since the caller saw it; `current` is how it is now."""

    def __init__(self, current: Customer) -> None:
        super().__init__(
            "The customer was changed by somebody else since it was read; look at current, decide what "
            "still applies and send that with its updatedAt."
        )
        self.current = current


class IdempotencyConflict(CustomerError):
    """The idempotency key was used before, and not for this."""

    def __init__(self, *, deleted: bool = False) -> None:
        super().__init__(
            "This idempotency key was used for a customer that has been deleted since; take a new key."
            if deleted
            else "This idempotency key was used before with another input; send the input that it was first "
            "used with, or take a new key."
        )


class NotCreated(CustomerError):
    """Nothing is wrong with this customer; another one of the same call was refused."""

    def __init__(self) -> None:
        super().__init__("Another customer of this call was refused; correct that one and send all again.")


class InvalidArgument(Exception):
    """An argument of a query that its type lets through: a bad cursor, a negative count."""


class LimitExceeded(Exception):
    """More is asked for at once than is allowed."""
