"""Side by side: this service, the same on graphql-core's executor, a textbook one, and the floor.

All use one database and answer the same requests, which is checked before and after. They take turns,
workload by workload and round by round, another one first each time. Needs wrk.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import deque
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from rich.console import Console

from bench.agreement import Disagreement, check
from bench.database import DATABASE_FAILURES, prepared
from bench.load import LoadFailed, Wrk
from bench.measure import measured
from bench.report import Results, tables
from bench.servers import CONTESTANTS, FLOOR, OURS, ContestantFailed, running
from bench.workloads import CREATE, WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.database import Database
    from bench.measure import Measurement
    from bench.servers import Server
    from bench.workloads import Values, Workload

CUSTOMERS: Final = 20_000

progress = Console(stderr=True, highlight=False)


class Comparison:
    """Contestants that run beside each other, what they are asked, and who asks."""

    def __init__(
        self, database: Database, servers: Sequence[Server], values: Values, folder: Path, wrk: Wrk
    ) -> None:
        self._database = database
        self._servers = servers
        self._values = values
        self._folder = folder
        self._wrk = wrk

    async def check(self) -> None:
        """Ask all for the same.

        Raises:
            Disagreement: one answers differently.
        """
        for server in self._servers:
            await check(server, self._database, self._values)
            progress.print(f"{server.name}: same data")

    async def rounds(
        self, count: int, workloads: Sequence[Workload], *, seconds: int, warm_up: int
    ) -> list[Measurement]:
        """Measure all contestants under each workload, so many rounds.

        Raises:
            LoadFailed: requests failed.
        """
        turns = deque(self._servers)
        found = []
        for number in range(1, count + 1):
            for workload in workloads:
                bodies = self._folder / workload.name
                bodies.write_text("\n".join(self._values.bodies(workload)))
                for server in turns:
                    url = server.url(workload)
                    await self._wrk.load(url, bodies, seconds=warm_up, checking=True)
                    await self._remove(workload)
                    load = self._wrk.load(url, bodies, seconds=seconds, seed=number)
                    measurement = await measured(server, workload, number, load)
                    await self._remove(workload, measurement)
                    found.append(measurement)
                    progress.print(
                        f"round {number} {workload.name:4}{server.name:22}"
                        f"{measurement.requests_per_second:8,.0f} requests/s, {measurement.cpu:6.2f} ms CPU"
                    )
            turns.rotate(-1)
        return found

    async def _remove(self, workload: Workload, measurement: Measurement | None = None) -> None:
        """Remove what a load created, which must be as many customers as there were answers."""
        if workload is not CREATE:
            return
        removed = await self._database.remove_created()
        # Those under way when a load ends are written, but not counted; the warm-up's perhaps only after the
        # first removal.
        if measurement and not 0 <= removed - measurement.requests <= 2 * self._wrk.connections:
            raise LoadFailed(
                f"{measurement.contestant}: {measurement.requests} creations were answered, "
                f"{removed} customers were there"
            )


async def compare(options: argparse.Namespace) -> Results:
    """Start all contestants, check and measure them."""
    wrk = Wrk(options.connections)
    workloads = [workload for workload in WORKLOADS if workload.name in options.workloads]
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="customers-bench-")))
        progress.print(f"Seeding {CUSTOMERS:,} customers")
        database = await stack.enter_async_context(prepared(options.database_url, CUSTOMERS))
        servers = await stack.enter_async_context(running(CONTESTANTS, database, folder))
        comparison = Comparison(database, servers, await database.values(), folder, wrk)
        await comparison.check()
        found = await comparison.rounds(
            options.rounds, workloads, seconds=options.seconds, warm_up=options.warm_up
        )
        await comparison.check()
    return Results(found)


def _arguments() -> argparse.Namespace:
    names = [workload.name for workload in WORKLOADS]
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured, 3")
    parser.add_argument("--seconds", type=int, default=8, help="of each measurement, 8")
    parser.add_argument("--warm-up", type=int, default=2, help="seconds before each measurement, 2")
    parser.add_argument("--connections", type=int, default=16, help="that ask at once, 16")
    parser.add_argument("--workloads", nargs="+", default=names, choices=names, metavar="W", help="all")
    parser.add_argument("--database-url", help="PostgreSQL to use in place of an embedded one")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw a PNG there; needs the group bench")
    return parser.parse_args()


def main() -> None:
    """Compare, and print tables in Markdown; exits with 1 when a contestant answers other data, or fails."""
    options = _arguments()
    try:
        results = asyncio.run(compare(options))
    except (ContestantFailed, Disagreement, LoadFailed, *DATABASE_FAILURES) as error:
        sys.exit(f"error: {error}")
    Console().out(tables(results, [OURS.name, FLOOR.name]), highlight=False)
    if options.plot:
        from bench.plot import plot  # noqa: PLC0415 - matplotlib is only there where the group bench is installed

        plot(results, FLOOR.name, options.plot)


if __name__ == "__main__":
    main()
