"""The floor: no GraphQL, one statement for each workload, PostgreSQL's own JSON handed on unparsed.

It takes the same request bodies as the others, at `/W1`, `/W2i` and so on, and answers the same data.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bench.workloads import CREATE, FLAT, ONE, PAGE, PAGE_SIZE, TRIVIAL
from db.backend import reached
from db.settings import DatabaseSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

_NAMES = (
    "'id', c.customer_id, 'firstName', c.first_name, 'middleName', c.middle_name, 'lastName', c.last_name"
)
_EMAILS = """
coalesce(json_agg(json_build_object('email', e.email, 'isPrimary', e.is_primary)
    ORDER BY e.is_primary DESC, e.email_id), '[]')
"""
_PHONE_NUMBERS = """
coalesce(json_agg(json_build_object('type', p.type, 'number', p.number) ORDER BY p.phone_id), '[]')
"""
_OWNED = """
'address', CASE WHEN a.address_id IS NOT NULL THEN json_build_object(
    'line1', a.line1, 'line2', a.line2, 'city', a.city, 'state', a.state,
    'postalCode', a.postal_code, 'country', a.country) END,
'privacySettings', CASE WHEN s.privacy_settings_id IS NOT NULL THEN json_build_object(
    'marketingEmailsEnabled', s.marketing_emails_enabled, 'twoFactorEnabled', s.two_factor_enabled) END
"""
_WHOLE = f"""{_NAMES},
'emails', (SELECT {_EMAILS} FROM customer_emails e WHERE e.customer_id = c.customer_id),
'phoneNumbers', (SELECT {_PHONE_NUMBERS} FROM customer_phone_numbers p WHERE p.customer_id = c.customer_id),
{_OWNED}"""
# OFFSET 0, because privacy settings would be read from end to end for each page without it.
_JOINS = """
LEFT JOIN LATERAL (SELECT * FROM postal_addresses WHERE address_id = c.address_id OFFSET 0) a ON TRUE
LEFT JOIN LATERAL (
    SELECT * FROM privacy_settings WHERE privacy_settings_id = c.privacy_settings_id OFFSET 0
) s ON TRUE
"""


def _page(fields: str, joins: str) -> str:
    """Return SQL for a page; one customer more than it holds says whether others follow."""
    return f"""
    WITH found AS MATERIALIZED (
        SELECT *, row_number() OVER (ORDER BY created_at, customer_id) AS place
        FROM customers ORDER BY created_at, customer_id LIMIT {PAGE_SIZE + 1}
    )
    SELECT json_build_object('data', json_build_object('customers', json_build_object(
        'edges', coalesce(
            json_agg(json_build_object('node', json_build_object({fields})) ORDER BY c.place)
            FILTER (WHERE c.place <= {PAGE_SIZE}), '[]'
        ),
        'pageInfo', json_build_object(
            'hasNextPage', count(*) > {PAGE_SIZE},
            'endCursor', max(c.customer_id::text) FILTER (WHERE c.place = {PAGE_SIZE})
        )
    )))::text FROM found c {joins}
    """


READ_ONE: Final = f"""
SELECT json_build_object('data', json_build_object('customer', (
    SELECT json_build_object({_WHOLE}) FROM customers c {_JOINS} WHERE c.customer_id = $1
)))::text
"""
READ_PAGE: Final = _page(_WHOLE, _JOINS)
READ_FLAT: Final = _page(f"{_NAMES}, 'createdAt', c.created_at, 'updatedAt', c.updated_at", "")
INSERT: Final = f"""
WITH input AS MATERIALIZED (
    SELECT * FROM json_to_record($1) AS input (
        "firstName" text, "middleName" text, "lastName" text,
        emails json, "phoneNumbers" json, address json, "privacySettings" json
    )
), a AS (
    INSERT INTO postal_addresses (line1, line2, city, state, postal_code, country)
    SELECT given.* FROM input, json_to_record(address) AS given (
        line1 text, line2 text, city text, state text, "postalCode" text, country text
    )
    RETURNING *
), s AS (
    INSERT INTO privacy_settings (marketing_emails_enabled, two_factor_enabled)
    SELECT given.* FROM input, json_to_record("privacySettings") AS given (
        "marketingEmailsEnabled" boolean, "twoFactorEnabled" boolean
    )
    RETURNING *
), c AS (
    INSERT INTO customers (first_name, middle_name, last_name, address_id, privacy_settings_id)
    SELECT "firstName", "middleName", "lastName", address_id, privacy_settings_id FROM input, a, s
    RETURNING *
), e AS (
    INSERT INTO customer_emails (customer_id, email, is_primary)
    SELECT customer_id, email, "isPrimary"
    FROM c, input, json_to_recordset(emails) AS given (email text, "isPrimary" boolean)
    RETURNING *
), p AS (
    INSERT INTO customer_phone_numbers (customer_id, type, number)
    SELECT customer_id, type, number
    FROM c, input, json_to_recordset("phoneNumbers") AS given (type text, number text)
    RETURNING *
)
SELECT json_build_object('data', json_build_object('createCustomer', json_build_object(
    {_NAMES},
    'emails', (SELECT {_EMAILS} FROM e),
    'phoneNumbers', (SELECT {_PHONE_NUMBERS} FROM p),
    {_OWNED}
)))::text FROM c, a, s
"""


async def _variables(request: Request) -> Any:
    return orjson.loads(await request.body()).get("variables")


async def _answer(request: Request, statement: str, *values: object) -> Response:
    return Response(await request.state.pool.fetchval(statement, *values), media_type="application/json")


async def _one(request: Request) -> Response:
    return await _answer(request, READ_ONE, (await _variables(request))["id"])


async def _first(request: Request) -> Response:
    await _variables(request)
    return await _answer(request, READ_PAGE)


async def _flat(request: Request) -> Response:
    await _variables(request)
    return await _answer(request, READ_FLAT)


async def _create(request: Request) -> Response:
    return await _answer(request, INSERT, orjson.dumps((await _variables(request))["input"]).decode())


async def _trivial(request: Request) -> Response:
    await _variables(request)
    return Response(b'{"data":{"__typename":"Query"}}', media_type="application/json")


async def _no_reset(_connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Keep asyncpg from a round trip that resets what these sessions never set."""


@asynccontextmanager
async def _lifespan(_app: Starlette) -> AsyncIterator[dict[str, asyncpg.Pool[asyncpg.Record]]]:
    settings = DatabaseSettings.load()
    async with (
        reached(settings) as args,
        asyncpg.create_pool(
            **args, min_size=settings.pool_min, max_size=settings.pool_max, reset=_no_reset
        ) as pool,
    ):
        yield {"pool": pool}


_ENDPOINTS: Final[dict[str, Callable[[Request], Awaitable[Response]]]] = {
    ONE.name: _one,
    PAGE.name: _first,
    FLAT.name: _flat,
    CREATE.name: _create,
    TRIVIAL.name: _trivial,
}

app = Starlette(
    lifespan=_lifespan,
    routes=[Route(f"/{name}", endpoint, methods=["POST"]) for name, endpoint in _ENDPOINTS.items()],
)
