"""The two tables of the catalogue. What PostgreSQL fills in (keys, timestamps) is set in SQL, never here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import fields

from db.row import Row

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class Service(Row):
    """Something that is deployed, known by its name."""

    id: UUID = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=100, unique=True)
    description = fields.CharField(max_length=255)

    deployments: fields.ReverseRelation[Deployment]

    class Meta:
        table = "services"


class Deployment(Row):
    """One version of a service, deployed."""

    id: int = fields.IntField(primary_key=True)
    service: fields.ForeignKeyRelation[Service] = fields.ForeignKeyField(
        "service_catalog.Service", related_name="deployments", on_delete=fields.CASCADE
    )
    version = fields.CharField(max_length=20)
    deployed_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "deployments"
