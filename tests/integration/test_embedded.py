"""The embedded PostgreSQL, with real processes: shared, brought back, taken over, stopped by the last one."""

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psutil
import pytest

from db.embedded import EmbeddedServer, EmbeddedServerError
from tests.waiting import wait_until

SECONDS = 15

# Says where PostgreSQL is once it is up, and holds it until its standard input ends.
HOLDER = """
import os, pathlib, sys, time
from db.embedded import EmbeddedServer
with EmbeddedServer(pathlib.Path(sys.argv[1]), durable=False) as server:
    print(server.dsn, flush=True)
    {also}
    sys.stdin.read()
"""


def postgres_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == "postgres" and Path(process.cwd()).is_relative_to(folder):
                found.append(process)
    return found


def postmaster(folder: Path) -> int:
    return int((folder / "cluster" / "postmaster.pid").read_text().split("\n")[0])


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def ask(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a path where no server is yet; afterwards no PostgreSQL may run there."""
    # Not pytest's tmp_path: each pytest that starts takes from its parents what lets root's PostgreSQL pass.
    with tempfile.TemporaryDirectory() as parent:
        yield Path(parent) / "data"
        try:
            wait_until(lambda: not postgres_in(Path(parent)), 5)
        finally:
            for process in postgres_in(Path(parent)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()


@contextlib.contextmanager
def holder(folder: Path, also: str = "pass") -> Iterator[subprocess.Popen[str]]:
    """Hold the server from another process, up when its first line is read."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(also=also), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def finish(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)
    assert process.returncode == 0


async def test_starts_from_nothing(folder: Path) -> None:
    """From no folder at all, SQL is answered in UTF-8 with the built-in locale, safe against power loss."""
    with EmbeddedServer(folder) as server:
        assert str(await ask(server.dsn, "SHOW server_version")).startswith("18.")
        assert await ask(server.dsn, "SELECT current_database()") == "customers"
        assert await ask(server.dsn, "SHOW server_encoding") == "UTF8"
        assert await ask(server.dsn, "SELECT lower('ÉŁ')") == "éł"
        assert await ask(server.dsn, "SHOW fsync") == "on"


async def test_private(folder: Path) -> None:
    """Only the socket leads to PostgreSQL, and only its own account and root come to the socket."""
    with EmbeddedServer(folder, durable=False) as server:
        assert await ask(server.dsn, "SHOW listen_addresses") == ""
        assert mode(folder) == 0o700
        assert mode(folder / ".s.PGSQL.5432") == 0o700


async def test_keeps_data(folder: Path) -> None:
    """What was stored is there after a stop and a start."""
    with EmbeddedServer(folder, durable=False) as server:
        await ask(server.dsn, "CREATE TABLE kept AS SELECT 1 AS it")
    assert not postgres_in(folder)
    with EmbeddedServer(folder, durable=False) as server:
        assert await ask(server.dsn, "SELECT it FROM kept") == 1


def test_two_processes_share(folder: Path) -> None:
    """Two processes share one PostgreSQL, and the second to leave stops it."""
    with holder(folder) as other:
        assert other.stdout
        assert other.stdout.readline()
        server = EmbeddedServer(folder, durable=False)
        first = postmaster(folder)
        server.start()
        assert postmaster(folder) == first
        finish(other)
        assert runs(first)
        server.stop()
        wait_until(lambda: not runs(first), SECONDS)


def test_two_in_one_process(folder: Path) -> None:
    """Two servers in one process are two shares, and giving one up twice is giving it up once."""
    with EmbeddedServer(folder, durable=False) as one:
        with EmbeddedServer(folder, durable=False) as two:
            first = postmaster(folder)
            one.stop()
            one.stop()
            assert postmaster(folder) == first
            assert not two.ensure_running()
        assert not (folder / "cluster" / "postmaster.pid").exists()


async def test_brought_back(folder: Path) -> None:
    """Supervised, PostgreSQL is back after a kill -9, at the same address and with what was committed."""
    with EmbeddedServer(folder) as server:
        supervising = asyncio.create_task(server.supervise(0.05))
        await ask(server.dsn, "CREATE TABLE kept AS SELECT 1 AS it")
        busy = asyncio.create_task(ask(server.dsn, "SELECT pg_sleep(60)"))
        first = postmaster(folder)
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(SECONDS):
            while True:
                with contextlib.suppress(OSError, asyncpg.PostgresError):
                    assert await ask(server.dsn, "SELECT it FROM kept") == 1
                    break
                await asyncio.sleep(0.02)
        assert postmaster(folder) != first
        with pytest.raises((OSError, asyncpg.PostgresError)):
            await busy
        supervising.cancel()
        with pytest.raises(asyncio.CancelledError):
            await supervising


def test_waits_for_what_is_left(folder: Path) -> None:
    """While a process of a killed PostgreSQL is still at the data, no other starts; afterwards one does."""
    with EmbeddedServer(folder, durable=False) as server:
        first = postmaster(folder)
        left = psutil.Process(first).children()[0]
        left.suspend()
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not runs(first), SECONDS)
        with ThreadPoolExecutor() as pool:
            back = pool.submit(server.ensure_running)
            wait_until(lambda: "shared memory block" in (folder / "log").read_text(), SECONDS)
            assert not back.done()
            left.kill()
            assert back.result(SECONDS)


def test_brought_back_after_shutdown(folder: Path) -> None:
    """PostgreSQL is started again after somebody else shut it down, but not once it was stopped."""
    server = EmbeddedServer(folder, durable=False)
    assert not server.ensure_running()
    server.start()
    first = postmaster(folder)
    os.kill(first, signal.SIGQUIT)
    wait_until(lambda: not runs(first), SECONDS)
    assert server.ensure_running()
    assert not server.ensure_running()
    server.stop()
    assert not server.ensure_running()


def test_taken_over(folder: Path) -> None:
    """After a kill -9 of the only holder, the next one uses the PostgreSQL that runs, and stops it."""
    with holder(folder) as killed:
        assert killed.stdout
        assert killed.stdout.readline()
    first = postmaster(folder)
    with EmbeddedServer(folder, durable=False):
        assert postmaster(folder) == first
    wait_until(lambda: not runs(first), SECONDS)


def test_forked_child_holds_nothing(folder: Path) -> None:
    """A child that its holder forked does not keep PostgreSQL running after the holder's kill -9."""
    with holder(folder, "os.fork() or (print(os.getpid(), flush=True), time.sleep(60))") as killed:
        assert killed.stdout
        assert killed.stdout.readline()
        child = psutil.Process(int(killed.stdout.readline()))
        killed.kill()
        killed.wait()
        try:
            with EmbeddedServer(folder, durable=False):
                pass
            assert child.is_running()
            assert not (folder / "cluster" / "postmaster.pid").exists()
        finally:
            child.kill()


def test_killed_while_making(folder: Path) -> None:
    """After a kill -9 in the middle of making the database, the next one makes it whole."""
    with holder(folder):
        wait_until(lambda: list(folder.glob("new.*/base")), SECONDS)
    with EmbeddedServer(folder, durable=False) as server:
        assert asyncio.run(ask(server.dsn, "SELECT current_database()")) == "customers"
        assert sorted(path.name for path in folder.glob("new.*")) == []


def test_ten_at_once(folder: Path) -> None:
    """Ten processes that start at once, from nothing, all get the same PostgreSQL."""
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(holder(folder)) for _ in range(10)]
        addresses = {process.stdout.readline() for process in processes if process.stdout}
        assert len(addresses) == 1
        assert addresses != {""}
        first = postmaster(folder)
        assert psutil.Process(first).children()
        for process in processes[1:]:
            finish(process)
        assert postmaster(folder) == first
        finish(processes[0])
        wait_until(lambda: not runs(first), SECONDS)


@pytest.mark.parametrize("lines", [8, 1, 0])
def test_stale_pid(folder: Path, lines: int) -> None:
    """A postmaster.pid left behind, cut short or not, starts anew and spares the process that has its pid."""
    with EmbeddedServer(folder, durable=False):
        content = (folder / "cluster" / "postmaster.pid").read_text().split("\n")
    owner = folder.stat()
    sleeper = subprocess.Popen(["sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None)
    with sleeper:
        for name in ("cluster/postmaster.pid", ".s.PGSQL.5432.lock"):
            (folder / name).write_text("\n".join([str(sleeper.pid), *content[1:]][:lines]))
            os.chown(folder / name, owner.st_uid, owner.st_gid)
        with EmbeddedServer(folder, durable=False):
            assert postmaster(folder) != sleeper.pid
        assert sleeper.poll() is None
        sleeper.kill()


@pytest.mark.parametrize("name", ["long " * 40, """it's "odd", $(so) `to` ü; \\ """])
def test_any_path(folder: Path, name: str) -> None:
    """The folder may have a name that is too long for a socket, or that means something to a shell."""
    with EmbeddedServer(folder / name / "data", durable=False) as server:
        assert asyncio.run(ask(server.dsn, "SELECT 1")) == 1
        socket = Path(str(asyncio.run(ask(server.dsn, "SHOW unix_socket_directories"))))
    assert not socket.exists()


def test_out_of_the_terminals_reach(folder: Path) -> None:
    """Ctrl-C in the terminal goes to our session's processes, and PostgreSQL is in another."""
    with EmbeddedServer(folder, durable=False):
        assert os.getsid(postmaster(folder)) != os.getsid(0)


def test_other_version(folder: Path) -> None:
    """Data of another PostgreSQL is left alone, and the error says what to do."""
    with EmbeddedServer(folder, durable=False):
        pass
    (folder / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedServerError, match=r"of PostgreSQL 16.*DATABASE_DATA_DIR.*DATABASE_URL"):
        EmbeddedServer(folder).start()


def test_folder_of_others(folder: Path) -> None:
    """A folder with other files in it is left alone, and the error says what to do."""
    folder.mkdir()
    (folder / "letter").touch()
    with pytest.raises(EmbeddedServerError, match=r"is not ours: set DATABASE_DATA_DIR"):
        EmbeddedServer(folder).start()
    assert [path.name for path in folder.iterdir()] == ["letter"]


def test_no_folder(folder: Path) -> None:
    """Where no folder can be made, the error says so and what to do."""
    folder.touch()
    with pytest.raises(EmbeddedServerError, match=r"Cannot use .*data.*DATABASE_DATA_DIR"):
        EmbeddedServer(folder / "data").start()


def test_why_it_does_not_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When PostgreSQL refuses to start, the error says why."""
    monkeypatch.setattr("db.embedded._STARTS", 2)
    with EmbeddedServer(folder, durable=False):
        pass
    (folder / "cluster" / "postgresql.conf").write_text("nonsense")
    with pytest.raises(EmbeddedServerError, match=r"postgresql.conf.*contains errors.*DATABASE_URL"):
        EmbeddedServer(folder).start()
