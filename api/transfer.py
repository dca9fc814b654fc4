"""The commands `customers import` and `customers export`."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import stat
import sys
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from rich.console import Console
from rich.progress import Progress

from api.files import ndjson, table
from api.files.key import Keys
from api.files.load import Load
from api.files.report import Report
from api.files.row import Lines
from api.files.stream import STANDARD, FileError, source, target
from api.settings import Settings
from db.migrate import MigrationError, at_head
from db.tortoise import connect, disconnect
from models.service import CustomerService
from models.snapshot import snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator
    from typing import BinaryIO

    from api.files.row import Row
    from api.files.stream import Write
    from db.settings import DatabaseSettings

    Database: TypeAlias = Callable[[], AbstractContextManager[DatabaseSettings]]
    Advance: TypeAlias = Callable[[int, int | None], None]

err = Console(stderr=True)


class Format(StrEnum):
    """How customers are written in a file."""

    NDJSON = "ndjson"
    CSV = "csv"


class OnError(StrEnum):
    """What becomes of the other rows when one is refused."""

    ABORT = "abort"
    SKIP = "skip"


SUFFIXES = {".ndjson": Format.NDJSON, ".jsonl": Format.NDJSON, ".csv": Format.CSV}

File = Annotated[Path, typer.Argument(help="A .ndjson, .jsonl or .csv file; - is standard input or output.")]
Form = Annotated[Format | None, typer.Option("--format", help="Needed where the file's name does not tell.")]


def add_to(app: typer.Typer, database: Database) -> None:
    """Add the commands to `customers`; `database` yields the settings while PostgreSQL is kept running."""

    @app.command("import")
    def load(
        file: File,
        form: Form = None,
        on_error: Annotated[
            OnError,
            typer.Option(help="At a refused row: stop, with nothing of its batch stored, or go on."),
        ] = OnError.ABORT,
        rejects: Annotated[
            Path | None, typer.Option(help="Write the refused rows to this file, to mend and import them.")
        ] = None,
    ) -> None:
        """Store the customers of a file; running it again stores none of them twice."""
        form = form or _by_name(file)
        if rejects and file.exists() and rejects.exists() and file.samefile(rejects):
            raise typer.BadParameter("name another file than the one to import", param_hint="--rejects")
        skip = on_error is OnError.SKIP
        with _explained(), source(file) as opened:
            lines = Lines(opened)
            reader = table.Reader(lines) if form is Format.CSV else ndjson.Reader(lines)
            with (
                database() as settings,
                Keys() as keys,
                target(rejects) if rejects else nullcontext() as write,
                _bar(visible=True) as advance,
            ):
                if write:
                    write(reader.head)
                size = _size(opened)
                load = Load(
                    CustomerService(Settings.load().key_lifetime),
                    Report(_say, write).refuse,
                    skip=skip,
                    ahead=size is not None,
                )
                asyncio.run(_load(settings, load, keys.given(reader), lambda: advance(lines.size, size)))
        if not load.refused:
            _say(f"Rows stored: {load.stored:,}.")
        elif skip:
            _say(f"Rows stored: {load.stored:,}, refused: {load.refused:,}. Mend those and import them.")
        else:
            _say(f"Rows stored: {load.stored:,}, the first in the file. Mend the refused one, then {_AGAIN}.")
        if load.refused:
            raise typer.Exit(1)

    @app.command("export")
    def dump(file: File, form: Form = None) -> None:
        """Write all customers, as they are at one moment, to a file."""
        form = form or _by_name(file)
        shared = file == STANDARD and sys.stdout.isatty()
        with (
            _explained(),
            database() as settings,
            target(file) as write,
            _bar(visible=not shared) as advance,
        ):
            count = asyncio.run(_dump(settings, form, write, advance))
        _say(f"Customers written: {count:,}.")


_AGAIN = "run the same again: what is stored is not stored twice"


async def _load(
    settings: DatabaseSettings, load: Load, rows: Iterable[Row], progress: Callable[[], None]
) -> None:
    async with _connected(settings):
        # What was made at start is here to stay, rows come and go by the batch: the collector need not look
        # through them again and again.
        gc.freeze()
        gc.set_threshold(100_000)
        try:
            await load.run(rows, progress)
        except BaseException:
            _say(f"Interrupted. Rows stored: about {load.stored:,}. To continue, {_AGAIN}.")
            raise


async def _dump(settings: DatabaseSettings, form: Format, write: Write, advance: Advance) -> int:
    async with _connected(settings), snapshot() as customers:
        count, done = await customers.count(), 0
        writer = table.Writer(*await customers.most_contacts()) if form is Format.CSV else ndjson.Writer()
        write(writer.head)
        async for batch in customers.batches():
            write(writer.rows(batch))
            done += len(batch)
            advance(done, count)
        return count


@asynccontextmanager
async def _connected(settings: DatabaseSettings) -> AsyncIterator[None]:
    _cancel_at_sigterm()
    if not await at_head(settings):
        raise MigrationError("the database lacks migrations; run `customers migrate` first")
    await connect(settings)
    try:
        yield
    finally:
        await disconnect()


def _cancel_at_sigterm() -> None:
    """Have SIGTERM cancel the current task, as SIGINT does (`asyncio.Runner`).

    An exception raised wherever the process happens to be, amid an answer of PostgreSQL for instance, may
    leave its connection waiting for what has been read already.
    """
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task:
        signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(task.cancel))


def _by_name(file: Path) -> Format:
    try:
        return SUFFIXES[file.suffix.lower()]
    except KeyError:
        raise typer.BadParameter(
            "its name does not tell; give ndjson or csv", param_hint="--format"
        ) from None


def _size(file: BinaryIO) -> int | None:
    """Return how many bytes a file has, or None for what is no file and may let its reader wait."""
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _say(line: str) -> None:
    err.out(line, highlight=False)


@contextmanager
def _bar(*, visible: bool) -> Iterator[Advance]:
    with Progress(console=err, disable=not (visible and err.is_terminal)) as progress:
        task = progress.add_task("Customers", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except FileError as error:
        _say(f"error: {error}")
        raise typer.Exit(1) from None
    except (SystemExit, asyncio.CancelledError):
        # Somebody wants it to end; that is no reason to look like success.
        raise typer.Exit(1) from None
