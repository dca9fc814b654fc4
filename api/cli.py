"""The `customers` command."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
import uvicorn
from graphql import GraphQLError, build_schema
from graphql.utilities import find_breaking_changes
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from api import transfer
from api.security import is_loopback
from api.settings import Settings
from db import migrate as migrations
from db.embedded import EmbeddedServer, EmbeddedServerError
from db.errors import DatabaseUnavailable
from db.migrate import MigrationError
from db.seed import seed as seed_customers
from db.settings import DatabaseSettings, SettingsError
from schema import schema as graphql_schema
from schema.scopes import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Iterator

DEMO_CUSTOMERS = 100
DRAIN_SECONDS = 10

app = typer.Typer(
    help="Keeps customer records in PostgreSQL and serves them over GraphQL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
out = Console()
err = Console(stderr=True)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what an operator can mend into one message and exit code 1."""
    try:
        yield
    except (SettingsError, DatabaseUnavailable, EmbeddedServerError, MigrationError) as error:
        err.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _terminate(_signal: int, _frame: object) -> NoReturn:
    # Ends like any exit, so that the embedded server is given back.
    sys.exit(0)


@contextmanager
def _database() -> Iterator[DatabaseSettings]:
    """Yield the settings while the embedded server, if that is meant, is kept running; explain what fails."""
    signal.signal(signal.SIGTERM, _terminate)
    with _explained():
        settings = DatabaseSettings.load()
        if not settings.embedded:
            yield settings
            return
        with EmbeddedServer(settings.data_dir):
            yield settings


def _check_free(host: str, port: int) -> None:
    # uvicorn tells so, too, but only after the database is up, and in a log.
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        reason = (error.strerror or "").partition(" (")[0]
        raise SettingsError(
            f"--port: nothing can listen at port {port} of {host} ({reason}); give another --port, or --host"
        ) from None


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="How many processes.")] = 1,
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill an empty embedded database with made-up customers first.")
    ] = False,
) -> None:
    """Migrate, then serve the API and the GraphiQL explorer until SIGINT or SIGTERM."""
    with _explained():
        settings = Settings.load()
        if settings.auth_mode == "none" and not is_loopback(host):
            raise SettingsError(
                f"AUTH_MODE: must be key or oidc to listen on {host}; without authentication, only this "
                "machine is served (--host 127.0.0.1). See docs/authentication.md."
            )
        _check_free(host, port)
        # What it imports takes longer than most other commands do.
        from api.app import create_app  # noqa: PLC0415 - as said above

        service = create_app(settings=settings)  # before anything starts, because it checks every setting
    with _database() as database:
        asyncio.run(migrations.migrate(database))
        if demo and database.embedded:
            asyncio.run(seed_customers(database, DEMO_CUSTOMERS, only_if_empty=True))
        what = "The explorer is" if settings.explorer else "Operations are answered"
        name = f"[{host}]" if ":" in host else host
        out.print(f"{what} at http://{name}:{port}/graphql", highlight=False, markup=False)
        uvicorn.run(
            # Several processes make one each.
            service if workers == 1 else "api.app:create_app",
            factory=workers > 1,
            host=host,
            port=port,
            workers=workers,
            loop="uvloop",
            http="api.protocol:Protocol",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )


@app.command()
def migrate(
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Take over tables that another tool made from the same document.")
    ] = False,
) -> None:
    """Bring the database to this release's migrations."""
    with _database() as settings:
        applied = asyncio.run(migrations.migrate(settings, adopt=adopt))
    _list("Applied", applied, "Nothing to migrate.")


@app.command()
def downgrade(
    to: Annotated[
        int | None, typer.Option(help="Undo all migrations newer than this number; -1 undoes all.")
    ] = None,
) -> None:
    """Undo the newest migration, or several. What their tables and columns held is gone."""
    with _database() as settings:
        undone = asyncio.run(migrations.downgrade(settings, to))
    _list("Undid", undone, "Nothing to undo.")


@app.command("migrations")
def list_migrations() -> None:
    """List the migrations, and which are applied."""
    with _database() as settings:
        for name, applied in asyncio.run(migrations.history(settings)):
            out.print("[green]applied[/]" if applied else "[yellow]pending[/]", name, highlight=False)


@app.command()
def seed(
    count: Annotated[int, typer.Option(min=1, help="How many customers to make up.")] = 100,
    seed: Annotated[int, typer.Option(help="The same number makes up the same customers.")] = 0,
) -> None:
    """Fill the database with made-up customers."""
    with _database() as settings, Progress(console=err) as progress:
        task = progress.add_task("Customers", total=count)
        asyncio.run(
            seed_customers(
                settings, count, seed=seed, progress=lambda done: progress.update(task, completed=done)
            )
        )
    out.print(f"Made up {count} customers.", highlight=False)


class Scope(StrEnum):
    """What a token may allow."""

    READ = READ
    WRITE = WRITE


@app.command()
def token(
    subject: Annotated[str, typer.Option(help="In whose name it speaks.")] = "developer",
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it allows, by default all; may be given twice.")
    ] = None,
    minutes: Annotated[int, typer.Option(min=1, max=525_600, help="How long it counts.")] = 60,
) -> None:
    """Print a token for development, signed with AUTH_KEY."""
    from api.auth import Unauthenticated  # noqa: PLC0415 - as the next
    from api.auth.key import mint  # noqa: PLC0415 - what it imports takes a while

    try:
        with _explained():
            made = mint(Settings.load(), subject, scope or list(Scope), timedelta(minutes=minutes))
    except Unauthenticated as error:
        raise typer.BadParameter(str(error), param_hint="--subject") from None
    sys.stdout.write(made + "\n")


@app.command()
def schema(
    against: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Instead, list what breaks clients of the schema in this file."
        ),
    ] = None,
) -> None:
    """Print the GraphQL schema in SDL."""
    if against is None:
        sys.stdout.write(graphql_schema.as_str() + "\n")
        return
    try:
        before = build_schema(against.read_text())
    except (GraphQLError, UnicodeDecodeError) as error:
        err.print(f"[bold red]error:[/] {escape(f'{against} is not a schema: {error}')}", highlight=False)
        raise typer.Exit(2) from None
    changes = find_breaking_changes(before, build_schema(graphql_schema.as_str()))
    for change in changes:
        out.print(change.description, highlight=False)
    if changes:
        raise typer.Exit(1)


transfer.add_to(app, _database)


def _list(verb: str, names: list[str], otherwise: str) -> None:
    for name in names:
        out.print(verb, name, highlight=False)
    if not names:
        out.print(otherwise)
