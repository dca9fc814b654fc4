"""The benchmark's contestants, and the check that keeps a wrong one from being measured."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from bench.agreement import Disagreement, check
from bench.database import Database, prepared
from bench.servers import CONTESTANTS, Contestant, ContestantFailed, running
from bench.workloads import CREATE, FLAT, ONE, PAGE, TRIVIAL, Workload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from db.settings import DatabaseSettings

CUSTOMERS = 60


@asynccontextmanager
async def bench(server: DatabaseSettings) -> AsyncIterator[Database]:
    assert server.url is not None
    async with prepared(server.url.get_secret_value(), CUSTOMERS) as database:
        yield database


class Liar:
    """A contestant that answers queries from the database itself, and alters one of its answers."""

    name = "liar"

    def __init__(self, database: Database, about: Workload, alter: Callable[[Any], None]) -> None:
        self._database = database
        self._about = about
        self._alter = alter

    async def ask(self, workload: Workload, value: object = None) -> Any:
        if workload is TRIVIAL:
            data: dict[str, Any] = {"__typename": "Query"}
        elif workload is CREATE:
            # Somebody's id: nothing was created.
            somebody = (await self._database.values()).ids[0]
            assert isinstance(value, dict)
            data = {"createCustomer": {"id": somebody} | value}
        else:
            data = await self._database.data(workload, *([str(value)] if value else []))
        if workload is self._about:
            self._alter(data)
        return data


async def test_every_contestant_gives_the_same_data(server: DatabaseSettings, tmp_path: Path) -> None:
    """All contestants start and answer each workload as the database has it, and nothing stays behind."""
    async with bench(server) as database, running(CONTESTANTS, database, tmp_path) as contestants:
        for contestant in contestants:
            await check(contestant, database, await database.values())

        assert await database.remove_created() == 0


@pytest.mark.parametrize(
    ("about", "alter", "said"),
    [
        (TRIVIAL, lambda data: data.update(__typename="Mutation"), "W5: data.__typename is 'Mutation'"),
        (ONE, lambda data: data["customer"].update(firstName="Eve"), "W1: data.customer.firstName is 'Eve'"),
        (PAGE, lambda data: data["customers"]["edges"].pop(), "W2i: data.customers.edges has 49 items"),
        (
            PAGE,
            lambda data: data["customers"]["pageInfo"].update(endCursor=""),
            "W2i: data.customers.pageInfo.endCursor is False",
        ),
        (
            FLAT,
            lambda data: data["customers"]["edges"][7]["node"].update(updatedAt="2025-01-01T00:00:00Z"),
            "W3i: data.customers.edges[7].node.updatedAt is",
        ),
        (CREATE, lambda _: None, "W4 in the database: data."),
    ],
)
async def test_a_contestant_that_lies_is_refused(
    server: DatabaseSettings, about: Workload, alter: Callable[[Any], None], said: str
) -> None:
    """One altered answer, or a creation that did not happen, is named and ends the comparison."""
    async with bench(server) as database:
        with pytest.raises(Disagreement) as refused:
            await check(Liar(database, about, alter), database, await database.values())

    assert str(refused.value).startswith(f"liar, {said}")


async def test_a_contestant_that_does_not_start_says_why(server: DatabaseSettings, tmp_path: Path) -> None:
    """What a program says before it ends is part of the error."""
    broken = Contestant("broken", ("sh", "-c", "echo no such thing; exit 3"))

    async with bench(server) as database:
        with pytest.raises(ContestantFailed, match="no such thing"):
            async with running([broken], database, tmp_path):
                await asyncio.sleep(0)
