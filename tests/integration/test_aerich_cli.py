"""Aerich's own command line works on this project."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from typing import TYPE_CHECKING

from db.migrate import history, names
from db.tortoise import CUSTOMERS
from tests.integration.catalog import STEPS, catalog

if TYPE_CHECKING:
    from pathlib import Path

    from db.settings import DatabaseSettings

PROJECT = CUSTOMERS.migrations.parent
FILES = [f"{name}.py" for name in names()]


class Aerich:
    """`aerich` in a copy of the project's configuration and migrations, for it may write there."""

    def __init__(self, settings: DatabaseSettings, folder: Path) -> None:
        assert settings.url is not None
        self.folder = folder
        shutil.copy(PROJECT / "pyproject.toml", folder)
        shutil.copytree(CUSTOMERS.migrations, folder / "migrations")
        self.environment = os.environ | {
            "DATABASE_URL": settings.url.get_secret_value(),
            "PYTHONPATH": str(PROJECT),
        }

    async def __call__(self, *arguments: str) -> list[str]:
        """Run one command; return the lines it prints."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-m", "aerich.cli", *arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        lines = output.decode().splitlines()
        assert process.returncode == 0, lines
        return lines


async def test_up_and_down(blank: DatabaseSettings, tmp_path: Path) -> None:
    """`upgrade`, `history`, `heads` and `downgrade` do what our own runner does, and agree with it."""
    aerich = Aerich(blank, tmp_path)
    assert await aerich("upgrade") == [f"Success upgrading to {file}" for file in FILES]
    assert await catalog(blank) == STEPS[-1]
    assert all(applied for _, applied in await history(blank))
    assert await aerich("history") == FILES
    assert await aerich("heads") == ["No available heads."]
    undone = [f"Success downgrading to {file}" for file in FILES[:0:-1]]
    assert await aerich("downgrade", "-v", "1", "--yes") == undone
    assert await aerich("heads") == FILES[1:]
    assert await catalog(blank) == STEPS[0]


async def test_no_change(database: DatabaseSettings, tmp_path: Path) -> None:
    """After our runner `aerich migrate` finds models and migrations in agreement and writes no file."""
    aerich = Aerich(database, tmp_path)
    assert await aerich("migrate", "--no-input") == ["No changes detected"]
    assert await aerich("migrate", "--no-input", "--offline") == ["No changes detected"]
    assert sorted(file.name for file in (tmp_path / "migrations" / "customers").glob("[0-9]*")) == FILES
