"""The application's settings: environment variables, or `db/.env`; those of the database are beside it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from db.settings import DatabaseSettings, SettingsError
from schema.limits import Limits

_LIMITS = Limits()

ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Signatures that are checked with a public key."""

SYMMETRIC = ("HS256", "HS384", "HS512")
"""Signatures that are checked with the secret that makes them."""


def _words(value: Any) -> Any:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
"""Several words in one variable, between commas or blanks."""


class Settings(BaseSettings):
    """The settings of `api/`. An empty variable counts as unset; times are in seconds."""

    model_config = SettingsConfigDict(
        env_file=DatabaseSettings.model_config["env_file"],
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    auth_mode: Literal["none", "key", "oidc"] = "none"
    auth_issuer: str | None = None
    auth_audience: str = "customers"
    auth_algorithms: Words = ()
    auth_key: SecretStr | None = None
    auth_leeway: float = Field(default=30, ge=0, le=300)
    auth_keys_lifetime: float = Field(default=3_600, ge=60)

    limit_body: int = Field(default=1_048_576, ge=1)
    limit_tokens: int = Field(default=_LIMITS.tokens, ge=1)
    limit_depth: int = Field(default=_LIMITS.depth, ge=1)
    limit_aliases: int = Field(default=_LIMITS.aliases, ge=0)
    limit_directives: int = Field(default=_LIMITS.directives, ge=0)
    limit_root_fields: int = Field(default=_LIMITS.root_fields, ge=1)
    limit_values: int = Field(default=_LIMITS.values, ge=1)
    limit_page: int = Field(default=_LIMITS.page, ge=1)
    limit_cost: int = Field(default=_LIMITS.cost, ge=1)
    limit_operation_time: float = Field(default=10, gt=0)
    limit_request_time: float = Field(default=30, gt=0)
    limit_requests: str = "6000/minute"
    limit_operations: int = Field(default=500, ge=1)

    cors_origins: Words = ()
    introspection: bool = _LIMITS.introspection
    explorer: bool = True
    persisted_documents: Path | None = None

    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    idempotency_key_lifetime: float = Field(default=86_400, gt=0)

    @classmethod
    def load(cls, **values: Any) -> Self:
        """Read the environment; `values` win over it.

        Raises:
            SettingsError: a setting is wrong.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            raise SettingsError.explain(error, "") from None

    @property
    def key_lifetime(self) -> timedelta:
        """How long a retry with an idempotency key finds what the first call created."""
        return timedelta(seconds=self.idempotency_key_lifetime)

    @property
    def limits(self) -> Limits:
        """How much one document may ask for."""
        return Limits(
            tokens=self.limit_tokens,
            depth=self.limit_depth,
            aliases=self.limit_aliases,
            directives=self.limit_directives,
            root_fields=self.limit_root_fields,
            page=self.limit_page,
            values=self.limit_values,
            cost=self.limit_cost,
            introspection=self.introspection,
        )

    @field_validator("auth_issuer")
    @classmethod
    def _check_issuer(cls, issuer: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("auth_mode") == "oidc":
            if issuer is None:
                raise ValueError("must be the issuer's address when AUTH_MODE is oidc")
            if not issuer.startswith(("https://", "http://")):
                raise ValueError("must begin with https://")
        return issuer

    @field_validator("auth_algorithms")
    @classmethod
    def _check_algorithms(cls, algorithms: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = ASYMMETRIC if info.data.get("auth_mode") == "oidc" else (*ASYMMETRIC, *SYMMETRIC)
        if wrong := set(algorithms) - set(known):
            raise ValueError(f"must be some of {', '.join(known)}, not {', '.join(sorted(wrong))}")
        return algorithms

    @field_validator("auth_key")
    @classmethod
    def _check_key(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if info.data.get("auth_mode") == "key" and key is None:
            raise ValueError("must be a secret of 32 bytes or more, or a key in PEM, when AUTH_MODE is key")
        return key

    @field_validator("limit_requests")
    @classmethod
    def _check_rate(cls, rate: str) -> str:
        if not re.fullmatch(r"[1-9][0-9]*/(second|minute|hour|day)", rate):
            raise ValueError("must be a number per second, minute, hour or day, such as 6000/minute")
        return rate

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            scheme, _, host = origin.partition("://")
            if scheme not in ("http", "https") or not host or "/" in host or "*" in host:
                raise ValueError(
                    "must be origins such as https://app.example.com, none of them with a path or *"
                )
        return origins

    @field_validator("persisted_documents")
    @classmethod
    def _make_absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None
