"""The GraphQL schema of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import strawberry
from strawberry.schema.config import StrawberryConfig

from breadth import StrawberryBreadthExecutor, batched
from examples.service_catalog import models
from examples.service_catalog.draft import DeploymentDraft, ServiceDraft
from examples.service_catalog.service import Catalog
from schema.context import Loader, load_unless_attached
from schema.inputs import input_as_read, plain
from schema.problems import InvalidInput, InvalidInputHandler, NotFound, NotFoundHandler, Problem
from schema.scalars import DATE_TIME


class Context:
    """What the resolvers of one request share; loaders remember, so it must not outlive the request."""

    def __init__(self) -> None:
        self.catalog = Catalog()
        self.related = Loader(self.catalog.related)


Info: TypeAlias = strawberry.Info[Context, None]


@strawberry.type(description="One version of a service, deployed.")
class Deployment:
    id: strawberry.ID
    version: str
    deployed_at: datetime


@strawberry.type(description="Something that is deployed, known by its name.")
class Service:
    id: strawberry.ID
    name: str
    description: str

    @batched(list[Deployment], description="Oldest first.")
    def deployments(services: Sequence[models.Service], info: Info) -> Any:
        return load_unless_attached(services, "deployments", lambda: info.context.related)

    @classmethod
    def is_type_of(cls, value: object, _info: Any) -> bool:
        return isinstance(value, models.Service)


@strawberry.type
class Query:
    @strawberry.field(graphql_type=list[Service], description="All services in the order of their names.")
    async def services(self, info: Info) -> list[models.Service]:
        return await info.context.catalog.find_all()

    @strawberry.field(graphql_type=Service | None, description="One service, or null when there is none.")
    async def service(self, info: Info, name: str) -> models.Service | None:
        return await info.context.catalog.find_by_name(name)


@input_as_read(description="A service to create.")
class CreateServiceInput:
    name: str = strawberry.field(description="A name that no other service has, at most 100 characters.")
    description: str = strawberry.field(description="What it does, in at most 255 characters.")
    versions: list[str] = strawberry.field(
        default_factory=list, description="What has been deployed so far, oldest first."
    )


@input_as_read(description="A deployment to record.")
class DeployInput:
    service_id: strawberry.ID = strawberry.field(description="The service's id.")
    version: str = strawberry.field(description="The version that is deployed now, at most 20 characters.")


CreateServiceResult: TypeAlias = Annotated[Service | InvalidInput, strawberry.union("CreateServiceResult")]
DeployResult: TypeAlias = Annotated[Service | InvalidInput | NotFound, strawberry.union("DeployResult")]


@strawberry.type
class Mutation:
    @strawberry.mutation(graphql_type=CreateServiceResult, description="Create a service.")
    async def create_service(self, info: Info, input: CreateServiceInput) -> models.Service:
        [service] = await info.context.catalog.create([ServiceDraft.of(plain(input))])
        return service

    @strawberry.mutation(graphql_type=DeployResult, description="Record a deployment of a service.")
    async def deploy(self, info: Info, input: DeployInput) -> models.Service:
        return await info.context.catalog.deploy(DeploymentDraft.of(plain(input)))


schema = strawberry.Schema(
    Query,
    Mutation,
    types=[Problem],
    config=StrawberryConfig(scalar_map={datetime: DATE_TIME}),
    exception_handlers=(InvalidInputHandler(), NotFoundHandler()),
    execution_context_class=StrawberryBreadthExecutor,
)
