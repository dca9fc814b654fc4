"""The rules of the catalogue, and its transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from db.session import transaction
from examples.service_catalog.repository import ServiceRepository
from models.constraint import explained
from models.errors import Issue, IssueCode, NotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from examples.service_catalog.draft import DeploymentDraft, ServiceDraft
    from examples.service_catalog.models import Deployment, Service

CONSTRAINTS: Final = {
    "uq_services__name": Issue(("name",), IssueCode.DUPLICATE, "There is a service of this name already."),
}
"""What an input did wrong when PostgreSQL refuses it, by the name of the constraint."""


class Catalog:
    """Services and their deployments, read and changed."""

    async def find_all(self) -> list[Service]:
        """Return all services in the order of their names."""
        return await ServiceRepository().find_all()

    async def find_by_name(self, name: str) -> Service | None:
        """Return the service of this name."""
        return await ServiceRepository().find_by_name(name)

    async def related(
        self, service_ids: Collection[UUID], _relations: Collection[str]
    ) -> dict[str, dict[UUID, list[Deployment]]]:
        """Return what belongs to services, by relation and service: their deployments, oldest first."""
        return {"deployments": await ServiceRepository().deployments(service_ids)}

    async def create(self, drafts: Sequence[ServiceDraft]) -> list[Service]:
        """Create services with their deployments: all of them, or none.

        Raises:
            InvalidInput: there is a service of this name already.
        """
        with explained(CONSTRAINTS):
            async with transaction() as connection:
                services = ServiceRepository(connection)
                return [await services.insert(draft) for draft in drafts]

    async def deploy(self, draft: DeploymentDraft) -> Service:
        """Record a deployment and return its service with all deployments, as they are at that moment.

        Raises:
            NotFound: there is no such service.
        """
        async with transaction() as connection:
            services = ServiceRepository(connection)
            await services.insert_deployment(draft)
            service = await services.find_with_deployments(draft.service_id)
        if service is None:
            raise NotFound("service", str(draft.service_id))
        return service
