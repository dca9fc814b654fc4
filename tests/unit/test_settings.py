"""The settings of db/: where they come from, what is refused, and that secrets stay secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import db
from api.settings import Settings
from db.settings import DatabaseSettings, SettingsError

FOLDER = Path(db.__file__).parent
SECRET = "s3cret-Pa55"


def test_defaults() -> None:
    """Without any variable the embedded server is meant, and every setting has its documented default."""
    settings = DatabaseSettings.load()
    assert settings.embedded
    assert settings.model_dump() == {
        "url": None,
        "host": None,
        "port": 5432,
        "user": "customers",
        "password": None,
        "name": "customers",
        "schema_name": "customer_domain",
        "pool_min": 1,
        "pool_max": 10,
        "connect_timeout": 10,
        "statement_timeout": 30,
        "lock_timeout": 60,
        "statement_cache_size": 100,
        "data_dir": FOLDER / "data",
    }


def test_example() -> None:
    """db/.env.example lists exactly the settings that there are, each with its default and an explanation."""
    example = (FOLDER / ".env.example").read_text()
    lines = re.findall(r"^# [A-Z].+\.\n# ([A-Z_]+)=(.*)$", example, re.MULTILINE)
    fields = DatabaseSettings.model_fields.items()
    defaults = {field.validation_alias or f"DATABASE_{name.upper()}": field.default for name, field in fields}
    shown = {name: "" if value is None else str(value) for name, value in defaults.items()}
    shown["DATABASE_DATA_DIR"] = "db/data"
    shown |= {name.upper(): _shown(field.default) for name, field in Settings.model_fields.items()}
    assert dict(lines) == shown


def _shown(default: object) -> str:
    """A default as a variable would have it."""
    if isinstance(default, bool):
        return str(default).lower()
    return str(default) if default else ""


def test_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment wins over db/.env, which wins over the defaults; an empty variable counts as unset."""
    file = tmp_path / ".env"
    file.write_text(
        "DATABASE_HOST=from-file\nDATABASE_PORT=1111\nDATABASE_SCHEMA=from_file\nPOSTGRES_USER=other\n"
    )
    monkeypatch.setitem(DatabaseSettings.model_config, "env_file", file)
    monkeypatch.setenv("DATABASE_PORT", "2222")
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("DATABASE_POOL_MAX", "")
    settings = DatabaseSettings.load()
    assert (settings.host, settings.port, settings.schema_name) == ("from-file", 2222, "from_file")
    assert (settings.url, settings.pool_max, settings.embedded) == (None, 10, False)


def test_host() -> None:
    """Host, port, user, password and name reach asyncpg, with our connect timeout."""
    settings = DatabaseSettings.load(host="h", port=1, user="u", password=SECRET, name="d", connect_timeout=2)
    assert not settings.embedded
    assert settings.connect_args() == {
        "host": "h",
        "port": 1,
        "user": "u",
        "password": SECRET,
        "database": "d",
        "timeout": 2,
    }


def test_url_wins_over_host() -> None:
    """DATABASE_URL means that server and no other, and its own connect_timeout holds."""
    settings = DatabaseSettings.load(url=f"postgresql://u:{SECRET}@h/d?connect_timeout=7", host="other")
    assert not settings.embedded
    assert settings.connect_args() == {
        "host": ["h"],
        "user": "u",
        "password": SECRET,
        "database": "d",
        "timeout": 7,
    }


def test_relative_data_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A relative DATABASE_DATA_DIR is one below the folder that the program is started in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_DATA_DIR", "data")
    assert DatabaseSettings.load().data_dir == tmp_path / "data"


def test_secrets() -> None:
    """Neither printing the settings nor dumping them shows a password."""
    settings = DatabaseSettings.load(url=f"postgresql://u:{SECRET}@h/d", password=SECRET)
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("DATABASE_URL", f"mysql://u:{SECRET}@h/d", "postgresql://"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@h:{SECRET}/d", "host:port"),
        ("DATABASE_PORT", SECRET, "integer"),
        ("DATABASE_PORT", "65536", "65535"),
        ("DATABASE_SCHEMA", "Customers", "lower-case"),
        ("DATABASE_SCHEMA", "a; drop schema b", "lower-case"),
        ("DATABASE_SCHEMA", "pg_customers", "pg_"),
        ("DATABASE_SCHEMA", "a" * 64, "63"),
        ("DATABASE_POOL_MIN", "-1", "0"),
        ("DATABASE_POOL_MAX", "0", "1"),
        ("DATABASE_CONNECT_TIMEOUT", "0", "greater than 0"),
        ("DATABASE_STATEMENT_TIMEOUT", "soon", "number"),
        ("DATABASE_LOCK_TIMEOUT", "-1", "greater than 0"),
        ("DATABASE_STATEMENT_CACHE_SIZE", "-1", "0"),
    ],
)
def test_refused(variable: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong value is told in one line that begins with the variable's name and does not show a secret."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as error:
        DatabaseSettings.load()
    assert re.fullmatch(rf"{variable}: .*{re.escape(says)}.*", str(error.value))
    assert SECRET not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_all_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wrong variable is told at once."""
    monkeypatch.setenv("DATABASE_PORT", "x")
    monkeypatch.setenv("DATABASE_POOL_MIN", "5")
    monkeypatch.setenv("DATABASE_POOL_MAX", "4")
    with pytest.raises(SettingsError) as error:
        DatabaseSettings.load()
    assert [line.partition(":")[0] for line in str(error.value).splitlines()] == [
        "DATABASE_PORT",
        "DATABASE_POOL_MAX",
    ]
