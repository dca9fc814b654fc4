"""Customers out of files and into files, through the real command."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import pty
import re
import shlex
import signal
import subprocess
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from db.seed import seed
from db.tortoise import connect, disconnect
from models.snapshot import snapshot
from tests.conftest import created
from tests.database import connected_in_schema
from tests.service import CUSTOMERS, environment
from tests.waiting import until

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator

    from db.settings import DatabaseSettings

SECONDS = 60
DOCS = Path(__file__).parents[2] / "docs" / "files.md"
BLOCKS = re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", DOCS.read_text(), re.MULTILINE | re.DOTALL)
LATER = {"id", "createdAt", "updatedAt"}
BLOCKED = (
    "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database "
    "WHERE datname = current_database() AND NOT granted)"
)


def customers(
    settings: DatabaseSettings, *arguments: str | Path, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end, which is never one with a traceback."""
    done = subprocess.run(
        [CUSTOMERS, *arguments], env=environment(settings), input=given, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


def report(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return done.stderr.decode().splitlines()


def person(number: int, **fields: Any) -> dict[str, Any]:
    return {"firstName": f"First {number}", "lastName": "Last", **fields}


def written(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def exported(settings: DatabaseSettings) -> list[str]:
    """All customers without what differs between two that are equal, sorted."""
    lines = customers(settings, "export", "-", "--format=ndjson").stdout.splitlines()
    records = [json.loads(line) for line in lines]
    assert all(record.keys() >= LATER for record in records)
    return sorted(
        json.dumps({name: value for name, value in record.items() if name not in LATER}) for record in records
    )


async def first_names(settings: DatabaseSettings) -> list[str]:
    async with connected_in_schema(settings) as connection:
        return [row[0] for row in await connection.fetch("SELECT first_name FROM customers ORDER BY 1")]


async def test_round_trip(
    server: DatabaseSettings, template: str, database: DatabaseSettings, tmp_path: Path
) -> None:
    """Customers exported, imported elsewhere and exported again are equal but for ids and times."""
    await seed(database, 300)
    file = tmp_path / "customers.ndjson"

    assert report(customers(database, "export", file)) == ["Customers written: 300."]
    async with created(server, template) as other:
        assert report(customers(other, "import", file)) == ["Rows stored: 300."]
        found = exported(other)

    assert len(found) == 300
    assert found == exported(database)


async def test_round_trip_as_a_table(
    server: DatabaseSettings, template: str, database: DatabaseSettings
) -> None:
    """The same holds for a table, on its way from standard output to standard input."""
    await seed(database, 300)

    done = customers(database, "export", "-", "--format=csv")
    async with created(server, template) as other:
        assert report(customers(other, "import", "-", "--format=csv", given=done.stdout)) == [
            "Rows stored: 300."
        ]
        assert exported(other) == exported(database)


async def test_more_contacts_than_may_be_given(database: DatabaseSettings) -> None:
    """A table has all that there is, though other programs may have stored more than a customer may have."""
    async with connected_in_schema(database) as connection:
        id_ = await connection.fetchval(
            "INSERT INTO customers (first_name, last_name) VALUES ('', '') RETURNING customer_id"
        )
        await connection.execute(
            "INSERT INTO customer_emails (customer_id, email, is_primary) "
            "SELECT $1, n || '@example.com', n = 0 FROM generate_series(0, 101) AS n",
            id_,
        )

    done = customers(database, "export", "-", "--format=csv")
    [row] = csv.DictReader(done.stdout.decode().splitlines())

    assert {row[f"emails.{n}.email"] for n in range(102)} == {f"{n}@example.com" for n in range(102)}


async def test_an_export_is_of_one_moment(database: DatabaseSettings) -> None:
    """What is stored while customers are read is not among them."""
    await seed(database, 3)
    await connect(database)
    try:
        async with snapshot() as customers:
            count = await customers.count()
            await seed(database, 3, seed=1)
            read = [customer async for batch in customers.batches() for customer in batch]
    finally:
        await disconnect()

    assert count == len(read) == 3
    assert len(await first_names(database)) == 6


async def test_repeating_creates_nothing(database: DatabaseSettings, tmp_path: Path) -> None:
    """A file with equal rows, imported twice and then with another row in front, stores each row once."""
    rows = [person(1), person(2), person(1), person(3, idempotencyKey="third")]

    for _ in range(2):
        done = customers(database, "import", written(tmp_path / "a.ndjson", *rows))
        assert (done.returncode, report(done)) == (0, ["Rows stored: 4."])
    customers(database, "import", written(tmp_path / "a.ndjson", person(0), *rows))

    assert await first_names(database) == [f"First {number}" for number in (0, 1, 1, 2, 3)]


async def test_skipping_mending_and_importing_the_rejects(database: DatabaseSettings, tmp_path: Path) -> None:
    """Refused rows are reported and written as they were; mended, they complete the import."""
    file, rejects = tmp_path / "a.csv", tmp_path / "rejects.csv"
    good = [f"First {number},Last" for number in range(1_500)]
    rows = [*good[:700], "First 1500,", *good[700:], '"First, 1501",Last,', "First 1502,La\0st"]
    file.write_text("\r\n".join(["firstName,lastName", *rows, ""]), newline="")

    done = customers(database, "import", file, "--on-error=skip", "--rejects", rejects)

    assert done.returncode == 1
    assert [line.rpartition(": ")[0] for line in report(done)[:-1]] == [
        "line 702: lastName: REQUIRED",
        "line 1503: row: INVALID_VALUE",
        "line 1504: lastName: INVALID_CHARACTER",
    ]
    assert report(done)[-1].startswith("Rows stored: 1,500, refused: 3.")
    text = rejects.read_text()
    assert text.splitlines() == ["firstName,lastName", rows[700], *rows[-2:]]

    rejects.write_text(text.replace("1500,", "1500,Last").replace("Last,", "Last").replace("\0", ""))
    assert customers(database, "import", rejects).returncode == 0
    assert len(await first_names(database)) == 1_503


async def test_aborting(database: DatabaseSettings, tmp_path: Path) -> None:
    """At a refused row the import stops with nothing of its batch stored, and continues once it is mended."""
    rows = [person(number) for number in range(1_200)]

    done = customers(database, "import", written(tmp_path / "a.ndjson", *rows[:1_150], {}, *rows[1_150:]))

    assert done.returncode == 1
    *reasons, last = report(done)
    assert [reason.split(": ")[:3] for reason in reasons] == [
        ["line 1151", name, "REQUIRED"] for name in ("firstName", "lastName")
    ]
    assert last.startswith("Rows stored: 1,000, the first in the file.")
    assert len(await first_names(database)) == 1_000

    assert customers(database, "import", written(tmp_path / "a.ndjson", *rows)).returncode == 0
    assert len(await first_names(database)) == 1_200


async def test_conflicting_keys(database: DatabaseSettings, tmp_path: Path) -> None:
    """A row under a key that was used for another is refused by its line; the others of its batch wait."""
    customers(database, "import", written(tmp_path / "a.ndjson", person(1, idempotencyKey="key")))

    done = customers(
        database, "import", written(tmp_path / "a.ndjson", person(2), person(3, idempotencyKey="key"))
    )

    assert done.returncode == 1
    assert report(done)[0].startswith("line 2: idempotencyKey: IDEMPOTENCY_CONFLICT: ")
    assert await first_names(database) == ["First 1"]


@asynccontextmanager
async def stuck(settings: DatabaseSettings, file: Path) -> AsyncIterator[Process]:
    """Start an import and hold it up in the transaction of its second batch, or a later one."""
    async with connected_in_schema(settings) as connection, connected_in_schema(settings) as watching:
        process = await asyncio.create_subprocess_exec(
            CUSTOMERS, "import", file, env=environment(settings), stderr=subprocess.PIPE
        )
        await until(lambda: watching.fetchval("SELECT EXISTS (SELECT FROM customers)"), SECONDS)
        async with connection.transaction():
            await connection.execute("LOCK TABLE customers IN SHARE MODE")
            await until(lambda: watching.fetchval(BLOCKED), SECONDS)
            yield process


async def test_killed_within_a_batch(database: DatabaseSettings, tmp_path: Path) -> None:
    """After a kill -9 in the middle of a transaction, running again has stored each row exactly once."""
    file = written(tmp_path / "a.ndjson", *(person(number) for number in range(5_000)))

    async with stuck(database, file) as process:
        process.kill()
        await process.wait()
    assert 0 < len(await first_names(database)) < 5_000

    assert customers(database, "import", file).returncode == 0
    assert await first_names(database) == sorted(f"First {number}" for number in range(5_000))


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
async def test_asked_to_end(database: DatabaseSettings, tmp_path: Path, sent: signal.Signals) -> None:
    """SIGINT and SIGTERM end an import without success, and it says how far it got and how to continue."""
    file = written(tmp_path / "a.ndjson", *(person(number) for number in range(5_000)))

    async with stuck(database, file) as process:
        process.send_signal(sent)
        _, said = await asyncio.wait_for(process.communicate(), SECONDS)

    assert process.returncode in (1, 130)
    stored = len(await first_names(database))
    assert said.startswith(f"Interrupted. Rows stored: about {stored:,}. ".encode())
    assert b"Traceback" not in said


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"firstName,surname\nAda,Lovelace\n", "error: line 1: the header"),
        (
            "firstName,lastName\nAda,Lovelace\nGräce,Hopper\n".encode("latin-1"),
            "line 3: row: INVALID_CHARACTER: ",
        ),
        (b"firstName,lastName\nAda,Lovelace\n" + b"x" * 100_000_000, "line 3: row: TOO_LONG: "),
    ],
    ids=["header", "Latin-1", "100 MB"],
)
async def test_bad_files(database: DatabaseSettings, content: bytes, expected: str) -> None:
    """A file with something wrong is refused with the place, and nothing of it is stored."""
    done = customers(database, "import", "-", "--format=csv", given=content)

    assert done.returncode == 1
    assert report(done)[0].startswith(expected)
    assert await first_names(database) == []


def test_a_database_without_tables(blank: DatabaseSettings, tmp_path: Path) -> None:
    """Both commands say that the database must be migrated first, and leave files as they are."""
    file = written(tmp_path / "a.ndjson", person(1))

    for command in ("import", "export"):
        done = customers(blank, command, file)
        assert done.returncode == 1
        assert "customers migrate" in done.stderr.decode()
    assert json.loads(file.read_text()) == person(1)


def test_a_progress_bar(database: DatabaseSettings, tmp_path: Path) -> None:
    """On a terminal, importing shows how far it got."""
    file = written(tmp_path / "a.ndjson", person(1))
    terminal, end = pty.openpty()

    subprocess.run(
        [CUSTOMERS, "import", file], env=environment(database) | {"TERM": "xterm"}, stderr=end, check=True
    )
    shown = os.read(terminal, 10_000).decode()
    os.close(end)
    os.close(terminal)

    assert "100%" in shown
    assert "Rows stored: 1." in shown


def test_the_page_about_files(
    database: DatabaseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands in docs/files.md, one after the other over its files, report what stands behind them."""
    monkeypatch.chdir(tmp_path)
    ran = 0
    for (kind, name, text), (following, _, expected) in pairwise([*BLOCKS, ("", "", "")]):
        if name:
            Path(name).write_text(text)
        elif kind == "sh":
            done = [customers(database, *shlex.split(line)[1:]) for line in text.splitlines()]
            ran += len(done)
            if following == "text":
                assert done[0].stderr.decode() == expected
            assert [each.returncode for each in done] == [int("refused" in expected)] * len(done)

    assert ran == 5
    assert Path("refused.csv").read_text().count("\n") == 4
    assert [json.loads(line)["firstName"] for line in exported(database)] == ["Ada", "Alan", "Grace"]
