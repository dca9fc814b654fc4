"""The application's settings: environment variables, or `db/.env`; those of the database are beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from db.settings import DatabaseSettings, SettingsError


class Settings(BaseSettings):
    """The settings of `api/`. An empty variable counts as unset; times are in seconds."""

    model_config = SettingsConfigDict(
        env_file=DatabaseSettings.model_config["env_file"],
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    idempotency_key_lifetime: float = Field(default=86_400, gt=0)

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises:
            SettingsError: a setting is wrong.
        """
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError.explain(error, "") from None

    @property
    def key_lifetime(self) -> timedelta:
        """How long a retry with an idempotency key finds what the first call created."""
        return timedelta(seconds=self.idempotency_key_lifetime)
