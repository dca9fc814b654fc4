"""Requests executed against the schema, without HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from models.service import CustomerService
from schema.execution import execute
from schema.limits import Limits
from schema.operation import Operations

if TYPE_CHECKING:
    from schema.operation import Request

OPERATIONS = Operations(Limits())


async def answer(request: Request, customers: CustomerService | None = None) -> dict[str, Any]:
    """Return the answer to a request that is valid, as its JSON has it.

    One service has PostgreSQL write what it is asked for again; without one, a new one reads it.
    """
    done = await execute(OPERATIONS.prepare(request), customers or CustomerService(), "test")
    content: dict[str, Any] = orjson.loads(orjson.dumps(done.content))
    return content
