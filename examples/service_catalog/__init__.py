"""A catalogue of services and their deployments: the example that docs/adding-an-entity.md walks through."""

from pathlib import Path

from db.tortoise import App, tortoise_config

CATALOG = App("service_catalog", ("examples.service_catalog.models",), Path(__file__).parent / "migrations")

# For Aerich's command line (aerich.toml).
TORTOISE_ORM = tortoise_config(None, CATALOG, migrating=True)
