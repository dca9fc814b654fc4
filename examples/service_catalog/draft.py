"""What callers may ask for, checked."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from models.draft import Draft
from models.text import Text20, Text100, Text255


class ServiceDraft(Draft):
    """A service to create, with the versions that were deployed so far, oldest first."""

    name: Text100
    description: Text255
    versions: Annotated[tuple[Text20, ...], Field(max_length=100)] = ()


class DeploymentDraft(Draft):
    """A version of a service that has just been deployed."""

    service_id: UUID
    version: Text20
