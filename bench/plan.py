"""How PostgreSQL carries out the statements that an operation sends: watch a connection, then ask for plans.

A plan is that of the very statement which the connection has prepared and sent, so that it is the one in use,
be it made for the values at hand (custom) or for any values (generic).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from db.catalog import TABLES
from db.session import acquire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from asyncpg.connection import LoggedQuery

MOST_ROWS = 1_000
"""How many rows one step may read or sort: what pages have and rare words, not what tables have."""

_READ = {*TABLES, "customer_search"}


@asynccontextmanager
async def watched() -> AsyncIterator[list[LoggedQuery]]:
    """Yield the statements that are sent meanwhile; the pool must be of one connection."""
    sent: list[LoggedQuery] = []
    async with acquire() as connection:
        connection.add_query_logger(sent.append)
    yield sent
    await asyncio.sleep(0)  # asyncpg tells its loggers in the loop's next turn
    async with acquire() as connection:
        connection.remove_query_logger(sent.append)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one statement did; `time` is in milliseconds."""

    root: dict[str, Any]
    time: float
    generic: bool

    @classmethod
    async def of(cls, sent: LoggedQuery) -> Plan:
        """Return the plan of a statement that was sent on the pool's one connection; runs it once more."""
        async with acquire() as connection:
            [(name, generic)] = await connection.fetch(
                "SELECT name, generic_plans FROM pg_prepared_statements WHERE statement = $1", sent.query
            )
            values = ", ".join(map(_literal, sent.args))
            explained = await connection.fetchval(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {name}" + (f" ({values})" if values else "")
            )
            after = await connection.fetchval(
                "SELECT generic_plans FROM pg_prepared_statements WHERE name = $1", name
            )
        [found] = orjson.loads(explained)
        return cls(found["Plan"], found["Execution Time"], after > generic)

    def faults(self) -> list[str]:
        """Return what would take longer the more customers there are."""
        return [fault for node in self._nodes(self.root) if (fault := _fault(node))]

    def most_rows(self) -> int:
        """Return how many rows the step that has most of them reads."""
        return max(map(_rows, self._nodes(self.root)))

    def lines(self) -> list[str]:
        """Return the steps that were taken, each indented below the one that it serves."""
        return list(_lines(self.root, 0))

    def _nodes(self, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield node
        for child in node.get("Plans", ()):
            yield from self._nodes(child)


def _fault(node: dict[str, Any]) -> str | None:
    kind = node["Node Type"]
    on = node.get("Index Name") or node.get("Relation Name")
    step = f"{kind} {on}" if on else kind
    if kind == "Seq Scan" and node["Relation Name"] in _READ and node["Actual Loops"]:
        return step
    rows = _rows(node)
    return f"{step}: {rows:,} rows" if rows > MOST_ROWS else None


def _lines(node: dict[str, Any], depth: int) -> Iterator[str]:
    if node["Actual Loops"]:
        on = node.get("Index Name") or node.get("Relation Name")
        yield "  " * depth + node["Node Type"] + (f" {on}" if on else "") + f": {_rows(node):,} rows"
    for child in node.get("Plans", ()):
        yield from _lines(child, depth + 1)


def _rows(node: dict[str, Any]) -> int:
    """Return how many rows a step had in its hands, those included that it let go."""
    each: float = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    loops: int = node["Actual Loops"]
    return round(each * loops)


def _literal(value: object) -> str:
    """Return SQL for a value, whose type the statement knows."""
    if value is None:
        return "NULL"
    if isinstance(value, list):  # of keys: nothing in them needs quotes of its own
        return _literal("{" + ",".join(map(str, value)) + "}")
    return "'" + str(value).replace("'", "''") + "'"
