"""Where the database is and how to treat it: environment variables DATABASE_*, or `db/.env`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from db.url import connect_args

_HERE = Path(__file__).resolve().parent
_PREFIX = "DATABASE_"


class SettingsError(ValueError):
    """A setting is wrong. The message has one line for each, beginning with the variable's name."""

    @classmethod
    def explain(cls, error: ValidationError, prefix: str) -> Self:
        """Name the environment variables behind pydantic's error, without the values that were given."""
        lines = []
        for problem in error.errors(include_url=False, include_context=False, include_input=False):
            name = "_".join(str(part) for part in problem["loc"]).upper()
            variable = name if name.startswith(prefix) else prefix + name
            lines.append(f"{variable}: {problem['msg'].removeprefix('Value error, ')}")
        return cls("\n".join(lines))


class DatabaseSettings(BaseSettings):
    """The settings of `db/`. An empty variable counts as unset; times are in seconds.

    With neither `url` nor `host` the embedded server is meant, otherwise that server and no other. `url`
    wins over `host`, `port`, `user`, `password` and `name`.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_file=_HERE / ".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    url: SecretStr | None = None
    host: str | None = None
    port: int = Field(5432, ge=1, le=65535)
    user: str = "customers"
    password: SecretStr | None = None
    name: str = "customers"
    schema_name: str = Field("customer_domain", validation_alias="DATABASE_SCHEMA")
    pool_min: int = Field(1, ge=0)
    pool_max: int = Field(10, ge=1)
    connect_timeout: float = Field(10, gt=0)
    statement_timeout: float = Field(30, gt=0)
    lock_timeout: float = Field(60, gt=0)
    statement_cache_size: int = Field(100, ge=0)
    data_dir: Path = _HERE / "data"

    @classmethod
    def load(cls, **values: Any) -> Self:
        """Read the environment; `values` win over it. Raises `SettingsError`."""
        try:
            return cls(**values)
        except ValidationError as error:
            raise SettingsError.explain(error, _PREFIX) from None

    @property
    def embedded(self) -> bool:
        """Whether PostgreSQL is the one that the application starts itself."""
        return self.url is None and self.host is None

    def connect_args(self) -> dict[str, Any]:
        """Return the keyword arguments for `asyncpg.connect` that reach the external server."""
        if self.url is not None:
            args = connect_args(self.url.get_secret_value())
        else:
            args = {"host": self.host, "port": self.port, "user": self.user, "database": self.name}
            if self.password is not None:
                args["password"] = self.password.get_secret_value()
        return {"timeout": self.connect_timeout} | args

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            connect_args(url.get_secret_value())
        return url

    @field_validator("schema_name")
    @classmethod
    def _check_schema(cls, name: str) -> str:
        # The name stands in search_path as it is, so it must not need quotes.
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name) or name.startswith("pg_"):
            raise ValueError(
                "must be lower-case letters, digits and '_', 63 at most, and must not begin with pg_"
            )
        return name

    @field_validator("pool_max")
    @classmethod
    def _check_pool(cls, pool_max: int, info: ValidationInfo) -> int:
        if pool_max < info.data.get("pool_min", 0):
            raise ValueError("must not be below DATABASE_POOL_MIN")
        return pool_max

    @field_validator("data_dir")
    @classmethod
    def _make_absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()
