"""What load balancers and orchestrators ask: is the process alive, and can it serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
from starlette.responses import JSONResponse

from db.errors import DatabaseUnavailable
from db.migrate import names
from db.session import fetch
from db.sql import sql
from db.tortoise import CUSTOMERS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def healthz(_request: Request) -> Response:
    """Answer 200 as long as the process answers at all."""
    return JSONResponse({"status": "ok"})


async def readyz(_request: Request) -> Response:
    """Answer 200 when the database answers and has every migration of this code, otherwise 503 and why."""
    try:
        rows = await fetch(sql("SELECT version FROM aerich WHERE app = {}", CUSTOMERS.label))
    except DatabaseUnavailable:
        return _not_ready("The database cannot be reached.")
    except asyncpg.PostgresError:
        return _not_ready("The database has no record of migrations; run `customers migrate`.")
    pending = {f"{name}.py" for name in names()} - {row["version"] for row in rows}
    if pending:
        return _not_ready("The database lacks migrations; run `customers migrate`.")
    return JSONResponse({"status": "ok"})


def _not_ready(reason: str) -> Response:
    return JSONResponse({"status": "unavailable", "reason": reason}, 503)
