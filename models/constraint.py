"""What an input did wrong when PostgreSQL refuses it, by the name of the constraint."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from asyncpg import IntegrityConstraintViolationError

from models.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from models.errors import Issue


@contextmanager
def explained(issues: Mapping[str, Issue]) -> Iterator[None]:
    """Raise `InvalidInput` in place of the violation of a constraint that `issues` names."""
    try:
        yield
    except IntegrityConstraintViolationError as error:
        issue = issues.get(error.constraint_name or "")
        if issue is None:
            raise
        raise InvalidInput([issue]) from error
