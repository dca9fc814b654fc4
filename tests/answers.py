"""Requests executed against the schema, without HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.service import CustomerService
from schema.execution import execute
from schema.limits import Limits
from schema.operation import Operations

if TYPE_CHECKING:
    from schema.execution import Answer
    from schema.operation import Request

OPERATIONS = Operations(Limits())


async def answer(request: Request) -> Answer:
    """Return the answer to a request that is valid."""
    return await execute(OPERATIONS.prepare(request), CustomerService(), "test")
