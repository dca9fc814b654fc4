"""How much slower a million customers are than ten thousand: `python -m bench.scale`.

Every operation is executed as GraphQL, in process, against a durable PostgreSQL: its time holds GraphQL, SQL
and the way between, but not HTTP. Both databases take turns, request by request, so that whatever else the
machine does hits both.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import asyncpg
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from tortoise.context import TortoiseContext

from bench.plan import Plan, watched
from db.embedded import EmbeddedServer
from db.migrate import migrate
from db.seed import seed
from db.session import acquire
from db.settings import DatabaseSettings
from db.tortoise import tortoise_config
from models.page import Order, Position
from models.service import CustomerService
from schema import cursor
from schema.execution import execute
from schema.limits import Limits
from schema.operation import Operations, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

MOST: Final = 1.5
"""How many times as slow the large database may be."""

EACH: Final = 20
"""How often each operation is timed in a round, on either database."""

SAMPLES: Final = 1_000

_NODE = "id firstName lastName createdAt updatedAt emails { email isPrimary }"
_ONE = f"query ($id: ID!) {{ customer(id: $id) {{ {_NODE} }} }}"
_LIST = f"""
query ($first: Int, $after: String, $search: String, $where: CustomerWhere, $orderBy: CustomerOrder) {{
  customers(first: $first, after: $after, search: $search, where: $where, orderBy: $orderBy) {{
    nodes {{ {_NODE} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""

console = Console()


@dataclass(frozen=True, slots=True)
class Samples:
    """What there is to ask for, taken at random from a database."""

    ids: list[str]
    names: list[str]
    emails: list[str]
    countries: list[str]
    cursors: list[str]

    @classmethod
    async def taken(cls) -> Samples:
        """Take them; the cursors stand half-way through the customers in the order of their creation."""
        async with acquire() as connection:
            rows = await connection.fetch(
                "SELECT customer_id, first_name, last_name, email FROM customers JOIN customer_emails "
                "USING (customer_id) ORDER BY random() LIMIT $1",
                SAMPLES,
            )
            countries = await connection.fetch("SELECT DISTINCT country FROM postal_addresses")
            middle = await connection.fetch(
                "SELECT created_at, customer_id FROM customers ORDER BY 1, 2 "
                "OFFSET (SELECT count(*) / 2 FROM customers) LIMIT $1",
                SAMPLES,
            )
        return cls(
            ids=[str(row["customer_id"]) for row in rows],
            names=[f"{row['first_name']} {row['last_name']}" for row in rows],
            emails=[row["email"] for row in rows],
            countries=[row["country"] for row in countries],
            cursors=[cursor.encode(Position((row[0],), row[1]), Order()) for row in middle],
        )


OPERATIONS: Final = Operations(Limits())

REQUESTS: Final[dict[str, Callable[[Samples], Request]]] = {
    "point look-up": lambda samples: Request(_ONE, {"id": _any(samples.ids)}),
    "first page": lambda _: Request(_LIST, {}),
    "page half-way": lambda samples: Request(_LIST, {"after": _any(samples.cursors)}),
    # All namesakes are found and ranked, and a million customers have more of them; one is delivered, so that
    # answers of one size are compared.
    "search for two words": lambda samples: Request(_LIST, {"search": _any(samples.names), "first": 1}),
    "filter by e-mail": lambda samples: Request(_LIST, {"where": {"email": {"eq": _any(samples.emails)}}}),
    "filter by country, order by last name": lambda samples: Request(
        _LIST,
        {
            "where": {"country": {"eq": _any(samples.countries)}},
            "orderBy": {"field": "LAST_NAME", "direction": "ASC"},
        },
    ),
}


def _any(values: list[str]) -> str:
    return random.choice(values)  # noqa: S311 - nothing here is secret


@dataclass(frozen=True, slots=True)
class Database:
    """A database that is asked, and what to ask it for."""

    context: TortoiseContext
    samples: Samples
    customers: CustomerService = field(default_factory=CustomerService)

    async def ask(self, name: str) -> float:
        """Execute an operation with arguments of its kind and return the seconds that it took."""
        request = REQUESTS[name](self.samples)
        with self.context:
            start = time.perf_counter()
            answer = await execute(OPERATIONS.prepare(request), self.customers, "bench")
            taken = time.perf_counter() - start
        if "errors" in answer.content:
            raise RuntimeError(answer.content["errors"])
        return taken

    async def plans(self, name: str) -> list[Plan]:
        """Return the plans of the statements that an operation sends."""
        with self.context:
            async with watched() as sent:
                await execute(OPERATIONS.prepare(REQUESTS[name](self.samples)), self.customers, "bench")
            return [await Plan.of(query) for query in list(sent)]


@asynccontextmanager
async def opened(dsn: str, count: int) -> AsyncIterator[Database]:
    """Open the database of so many customers, made first where it is not there."""
    name = f"customers_{count}"
    connection = await asyncpg.connect(dsn)
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
        await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    # Of one connection, so that statements are watched and explained where they were prepared.
    settings = DatabaseSettings.load(url=dsn.replace("/customers?", f"/{name}?"), pool_min=1, pool_max=1)
    await migrate(settings)
    await seeded(settings, count)
    context = TortoiseContext()
    try:
        with context:
            await context.init(tortoise_config(settings))
            samples = await Samples.taken()
        yield Database(context, samples)
    finally:
        await context.close_connections()


async def seeded(settings: DatabaseSettings, count: int) -> None:
    """Fill an empty database with customers, and leave PostgreSQL nothing to tidy up while it is timed."""
    start = time.perf_counter()
    with Progress(console=console) as progress:
        task = progress.add_task(f"{count:,} customers", total=count)
        added = await seed(
            settings, count, only_if_empty=True, progress=lambda done: progress.update(task, completed=done)
        )
        progress.update(task, completed=count)
    connection = await asyncpg.connect(**settings.connect_args())
    if added:
        console.print(f"{count / (time.perf_counter() - start):,.0f} customers a second")
        await connection.execute("VACUUM ANALYZE")
    found = await connection.fetchval(f"SELECT count(*) FROM {settings.schema_name}.customers")
    await connection.close()
    if found != count:
        raise SystemExit(f"There are {found:,} customers in place of {count:,}: remove the folder.")


Times = dict[str, tuple[list[float], list[float]]]


async def timed(small: Database, large: Database, rounds: int) -> Times:
    """Return the seconds that each request took, on the small and on the large database."""
    times: Times = {name: ([], []) for name in REQUESTS}
    # PostgreSQL settles for custom or generic plans after five executions.
    for name in REQUESTS:
        for _ in range(EACH):
            await small.ask(name)
            await large.ask(name)
    with Progress(console=console) as progress:
        for _ in progress.track(range(rounds), description="Rounds"):
            for name, (of_small, of_large) in times.items():
                for _ in range(EACH):
                    of_small.append(await small.ask(name))
                    of_large.append(await large.ask(name))
    return times


def report(times: Times, plans: dict[str, list[Plan]]) -> bool:
    """Print what came out, and say whether all is within bounds."""
    table = Table("operation", "small, ms", "large, ms", "ratio", "grows with the table", title="Medians")
    good = True
    for name, (of_small, of_large) in times.items():
        ratio = median(of_large) / median(of_small)
        faults = [fault for plan in plans[name] for fault in plan.faults()]
        good = good and ratio <= MOST and not faults
        table.add_row(
            name,
            f"{median(of_small) * 1000:.2f}",
            f"{median(of_large) * 1000:.2f}",
            f"[{'green' if ratio <= MOST else 'red'}]{ratio:.2f}[/]",
            "; ".join(faults) or "nothing",
        )
    for name, each in plans.items():
        for plan in each:
            kind = "generic" if plan.generic else "custom"
            console.print(f"\n[bold]{name}[/], {kind} plan, {plan.time:.2f} ms in PostgreSQL")
            console.print("\n".join(plan.lines()), highlight=False)
    console.print(table)
    return good


async def measure(dsn: str, options: argparse.Namespace) -> bool:
    """Fill both databases, time them and report."""
    async with opened(dsn, options.small) as small, opened(dsn, options.large) as large:
        times = await timed(small, large, options.rounds)
        plans = {name: await large.plans(name) for name in REQUESTS}
    return report(times, plans)


def main() -> None:
    """Run the benchmark; exits with 1 when something takes longer the more customers there are."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--small", type=int, default=10_000, metavar="N", help="customers, 10000")
    parser.add_argument("--large", type=int, default=1_000_000, metavar="N", help="customers, 1000000")
    parser.add_argument("--rounds", type=int, default=10, help=f"of {EACH} requests each, 10")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the databases there and reuse them")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(TemporaryDirectory(prefix="customers-bench-")))
        server = stack.enter_context(EmbeddedServer(folder / "server"))
        good = asyncio.run(measure(server.dsn, options))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
