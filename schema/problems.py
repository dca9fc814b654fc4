"""Expected failures as members of result unions, and the one place that makes them from domain errors."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from models import errors
from schema.types import Customer

strawberry.enum(errors.IssueCode, name="InputIssueCode", description="Why a value of an input was refused.")


@strawberry.interface(description="Something that a caller can expect and act on.")
class Problem:
    message: str = strawberry.field(description="What happened, and what to do next.")


@strawberry.type(description="One value of the input that was refused.")
class InputIssue:
    path: list[str] = strawberry.field(
        description="Leads from the input object to the value at fault, list positions included: "
        '["emails", "1", "email"].'
    )
    code: errors.IssueCode = strawberry.field(description="Why the value was refused.")
    message: str = strawberry.field(description="What to give instead.")


@strawberry.type(description="The input breaks a rule. Nothing was done.")
class InvalidInput(Problem):
    issues: list[InputIssue] = strawberry.field(description="Every value at fault.")


@strawberry.type(description="There is no such record. Nothing was done.")
class NotFound(Problem):
    id: strawberry.ID = strawberry.field(description="The id that was not found.")


@strawberry.type(description="The customer has changed since expectedUpdatedAt. Nothing was done.")
class StaleCustomer(Problem):
    current: Customer = strawberry.field(description="The customer as it is now.")


def invalid_input(error: errors.InvalidInput, *place: str) -> InvalidInput:
    """Return the answer with the error's issues, in GraphQL's names, below a place of the input."""
    issues = [
        InputIssue(
            path=[*place, *map(to_camel_case, issue.path)],
            code=issue.code,
            message=issue.message,
        )
        for issue in error.issues
    ]
    return InvalidInput(message=str(error), issues=issues)


class InvalidInputHandler(strawberry.ExceptionHandler[errors.InvalidInput, InvalidInput]):
    """Answers with the issues, their paths in GraphQL's names."""

    def handle(self, exc: errors.InvalidInput, *, field: StrawberryField, info: Any) -> InvalidInput:
        return invalid_input(exc)


class NotFoundHandler(strawberry.ExceptionHandler[errors.NotFound, NotFound]):
    """Answers with the id that was not found."""

    def handle(self, exc: errors.NotFound, *, field: StrawberryField, info: Any) -> NotFound:
        return NotFound(message=str(exc), id=strawberry.ID(exc.id))


class StaleCustomerHandler(strawberry.ExceptionHandler[errors.StaleCustomer, StaleCustomer]):
    """Answers with the customer as it is now."""

    def handle(self, exc: errors.StaleCustomer, *, field: StrawberryField, info: Any) -> StaleCustomer:
        return StaleCustomer(message=str(exc), current=exc.current)  # type: ignore[arg-type]


@strawberry.type(description="The idempotency key was used before, and not for this. Nothing was done.")
class IdempotencyConflict(Problem):
    pass


@strawberry.type(description="Nothing is wrong with this one; another one of the same call was refused.")
class NotCreated(Problem):
    pass


class IdempotencyConflictHandler(
    strawberry.ExceptionHandler[errors.IdempotencyConflict, IdempotencyConflict]
):
    """Answers that the key was used before."""

    def handle(
        self, exc: errors.IdempotencyConflict, *, field: StrawberryField, info: Any
    ) -> IdempotencyConflict:
        return IdempotencyConflict(message=str(exc))


HANDLERS = (InvalidInputHandler(), NotFoundHandler(), StaleCustomerHandler(), IdempotencyConflictHandler())
