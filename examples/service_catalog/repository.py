"""All SQL of the catalogue."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, LiteralString

from db.row import attach, instance
from db.session import fetch
from db.sql import Select, Sql, sql
from examples.service_catalog.models import Deployment, Service

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from asyncpg import Connection, Record

    from examples.service_catalog.draft import DeploymentDraft, ServiceDraft

_SERVICE = ("id", "name", "description")
_DEPLOYMENT = ("id", "service_id", "version", "deployed_at")
_DEPLOYMENT_COLUMNS: LiteralString = "d.id, d.service_id, d.version, d.deployed_at"

_SERVICES = Select("s.id, s.name, s.description", "services s")
_DEPLOYMENTS = Select(_DEPLOYMENT_COLUMNS, "deployments d").order_by("d.id")
_SERVICES_WITH_DEPLOYMENTS = (
    _SERVICES.add(_DEPLOYMENT_COLUMNS)
    .join("LEFT JOIN deployments d ON d.service_id = s.id")
    .order_by("s.id, d.id")
)


class ServiceRepository:
    """Reads and writes services and their deployments; in a transaction when made with its connection."""

    def __init__(self, connection: Connection[Record] | None = None) -> None:
        self._connection = connection

    async def _fetch(self, statement: Sql) -> list[Any]:
        return await fetch(statement, self._connection)

    async def find_all(self) -> list[Service]:
        """Return all services in the order of their names."""
        rows = await self._fetch(_SERVICES.order_by("s.name").sql())
        return [instance(Service, _SERVICE, row) for row in rows]

    async def find_by_name(self, name: str) -> Service | None:
        """Return the service of this name."""
        rows = await self._fetch(_SERVICES.where(sql("s.name = {}", name)).sql())
        return instance(Service, _SERVICE, rows[0]) if rows else None

    async def find_with_deployments(self, id_: UUID) -> Service | None:
        """Return a service with its deployments fetched, oldest first, by one statement."""
        rows = await self._fetch(_SERVICES_WITH_DEPLOYMENTS.where(sql("s.id = {}", id_)).sql())
        if not rows:
            return None
        width = len(_SERVICE)
        service = instance(Service, _SERVICE, rows[0][:width])
        deployed = [row[width:] for row in rows if row[width] is not None]
        attach(service.deployments, [instance(Deployment, _DEPLOYMENT, values) for values in deployed])
        return service

    async def deployments(self, service_ids: Collection[UUID]) -> dict[UUID, list[Deployment]]:
        """Return the deployments of each service, oldest first."""
        of_these = sql("d.service_id = ANY({}::uuid[])", list(service_ids))
        rows = await self._fetch(_DEPLOYMENTS.where(of_these).sql())
        found: dict[UUID, list[Deployment]] = defaultdict(list)
        for row in rows:
            found[row["service_id"]].append(instance(Deployment, _DEPLOYMENT, row))
        return found

    async def insert(self, draft: ServiceDraft) -> Service:
        """Create a service with its deployments by one statement.

        Raises:
            asyncpg.UniqueViolationError: there is a service of this name.
        """
        rows = await self._fetch(
            sql(
                "WITH service AS ("
                "INSERT INTO services (name, description) VALUES ({}, {}) RETURNING id, name, description"
                "), deployed AS ("
                "INSERT INTO deployments (service_id, version) SELECT id, version FROM service, "
                "unnest({}::text[]) WITH ORDINALITY AS input (version, position) ORDER BY position"
                ") SELECT id, name, description FROM service",
                draft.name,
                draft.description,
                draft.versions,
            )
        )
        return instance(Service, _SERVICE, rows[0])

    async def insert_deployment(self, draft: DeploymentDraft) -> None:
        """Record a deployment; do nothing when there is no such service."""
        await self._fetch(
            sql(
                "INSERT INTO deployments (service_id, version) "
                "SELECT id, {}::text FROM services WHERE id = {}",
                draft.version,
                draft.service_id,
            )
        )
