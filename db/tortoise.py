"""Tortoise's configuration, for the application and for Aerich's command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tortoise import Tortoise
from tortoise.context import TortoiseContext

if TYPE_CHECKING:
    from db.settings import DatabaseSettings


@dataclass(frozen=True, slots=True)
class App:
    """Tables that are migrated together.

    `label` is Tortoise's and Aerich's name for them, `modules` hold their models, and `migrations` is the
    folder in which `label/` holds their migrations.
    """

    label: str
    modules: tuple[str, ...]
    migrations: Path


CUSTOMERS = App("customers", ("models.customer",), Path(__file__).resolve().parent.parent / "migrations")


def tortoise_config(
    settings: DatabaseSettings | None, app: App = CUSTOMERS, *, migrating: bool = False
) -> dict[str, Any]:
    """Return what `Tortoise.init` takes; with None the settings are read when the first query is made."""
    modules = [*app.modules, "aerich.models"] if migrating else [*app.modules]
    return {
        "connections": {
            "default": {
                "engine": "db.backend",
                "credentials": {"settings": settings, "migrating": migrating},
            }
        },
        "apps": {app.label: {"models": modules, "default_connection": "default"}},
        "use_tz": True,
        "timezone": "UTC",
    }


# Aerich's command line reads this name (pyproject.toml, [tool.aerich]); all that it does is migrate.
TORTOISE_ORM = tortoise_config(None, migrating=True)


async def connect(settings: DatabaseSettings, app: App = CUSTOMERS) -> None:
    """Open the pool and make it Tortoise's connection in every task of the process until `disconnect`.

    Raises `SettingsError` and `DatabaseUnavailable`.
    """
    with TortoiseContext() as context:
        # Requests run in other tasks than the one that connects, so a context variable does not reach them.
        await context.init(tortoise_config(settings, app), _enable_global_fallback=True)
        try:
            await context.db().create_connection(with_db=True)
        except BaseException:
            await context.close_connections()
            raise


async def disconnect() -> None:
    """Close the pool; without one, do nothing."""
    await Tortoise.close_connections()
