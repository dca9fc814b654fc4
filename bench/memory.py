"""What memory this service takes: for one large page, and over minutes of mixed load.

Needs Linux, whose kernel keeps each process's peak, and wrk.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from rich.console import Console

from bench.compare import CUSTOMERS
from bench.database import DATABASE_FAILURES, prepared
from bench.load import LoadFailed, Wrk
from bench.measure import Meter
from bench.servers import OURS, ContestantFailed, running
from bench.workloads import FLAT, ONE, WORKLOADS, Workload, page

if TYPE_CHECKING:
    from bench.servers import Server
    from bench.workloads import Values

LARGEST_PAGE: Final = Workload("page", "page of 100, everything nested", page(100))
MOST_FOR_A_PAGE: Final = 3.0
"""MB."""
MOST_GROWTH: Final = 5.0
"""Percent."""
_CONNECTIONS: Final = 16
_MINUTE: Final = 60
_EACH: Final = 200
"""How many different bodies of each workload the mixed load is chosen from."""

console = Console(highlight=False)


def peak(pid: int) -> float:
    """Return the most memory that was ever resident, or since `forget_peak`, in MB."""
    [line] = (
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return int(line.split()[1]) / 1024


def forget_peak(pid: int) -> None:
    """Let the peak begin anew; see proc_pid_clear_refs(5)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


async def of_a_page(server: Server, values: Values) -> bool:
    """Print how much a large page takes above idle, and say whether that is little enough."""
    for id_ in values.ids[:_CONNECTIONS]:
        await server.ask(ONE, id_)
    await server.ask(FLAT)
    idle = Meter(server.process.pid).memory()
    forget_peak(server.process.pid)
    await server.ask(LARGEST_PAGE)
    taken = peak(server.process.pid) - idle
    console.print(f"{LARGEST_PAGE.title}: {taken:.1f} MB above {idle:.1f} MB when idle")
    return taken <= MOST_FOR_A_PAGE


async def of_minutes(server: Server, wrk: Wrk, bodies: Path, minutes: int) -> bool:
    """Print how much memory is resident after each minute of mixed load, and say whether it stays the same.

    A first minute warms up: caches fill, and the pool opens its connections.
    """
    meter = Meter(server.process.pid)
    warm = growth = 0.0
    for minute in range(minutes + 1):
        load = await wrk.load(server.url(ONE), bodies, seconds=_MINUTE, seed=minute, checking=True)
        now = meter.memory()
        warm = warm or now
        growth = (now / warm - 1) * 100
        console.print(f"minute {minute}: {load.requests:,} requests, {now:.1f} MB, {growth:+.1f} %")
    return growth <= MOST_GROWTH


def _some(bodies: list[str]) -> list[str]:
    return (bodies * _EACH)[:_EACH]


async def measure(options: argparse.Namespace) -> bool:
    """Measure both, and say whether all is within bounds."""
    wrk = Wrk(_CONNECTIONS)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="customers-bench-")))
        database = await stack.enter_async_context(prepared(options.database_url, CUSTOMERS))
        [server] = await stack.enter_async_context(running([OURS], database, folder))
        values = await database.values()
        bodies = folder / "mixed"
        bodies.write_text(
            "\n".join(body for workload in WORKLOADS for body in _some(values.bodies(workload)))
        )
        page_good = await of_a_page(server, values)
        return await of_minutes(server, wrk, bodies, options.minutes) and page_good


def main() -> None:
    """Measure; exits with 1 when something takes more than it may."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--minutes", type=int, default=10, help="of mixed load after a first one, 10")
    parser.add_argument("--database-url", help="PostgreSQL to use in place of an embedded one")
    options = parser.parse_args()
    try:
        good = asyncio.run(measure(options))
    except (ContestantFailed, LoadFailed, *DATABASE_FAILURES) as error:
        sys.exit(f"error: {error}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
