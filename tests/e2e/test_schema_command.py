"""`customers schema`, which prints the schema and finds what breaks clients."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.service import CUSTOMERS

EXPORTED = Path(__file__).parents[2] / "schema.graphql"


def schema(*options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([CUSTOMERS, "schema", *options], capture_output=True, text=True, check=False)


def test_the_schema_is_printed_as_it_is_exported() -> None:
    """What the command prints is the content of schema.graphql."""
    done = schema()
    assert (done.returncode, done.stdout) == (0, EXPORTED.read_text())


def test_nothing_breaks_between_equal_schemas() -> None:
    """Compared with the exported schema, nothing is listed."""
    done = schema("--against", EXPORTED)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("line", "before", "listed"),
    [
        ("  middleName: String\n", "  middleName: String\n  nickname: String\n", "Customer.nickname"),
        ("  middleName: String\n", "  middleName: String!\n", "Customer.middleName"),
    ],
)
def test_what_breaks_clients_is_listed(tmp_path: Path, line: str, before: str, listed: str) -> None:
    """A field that went, or that may be null now, is named, and the exit code is 1."""
    start = EXPORTED.read_text().index("type Customer implements")
    text = EXPORTED.read_text()
    assert line in text[start:]
    (tmp_path / "before.graphql").write_text(text[:start] + text[start:].replace(line, before, 1))

    done = schema("--against", tmp_path / "before.graphql")

    assert done.returncode == 1
    assert listed in done.stdout


def test_what_is_no_schema_is_refused(tmp_path: Path) -> None:
    """A file that is not SDL is named in one message, with exit code 2."""
    (tmp_path / "nonsense").write_bytes(b"\xff type {")

    done = schema("--against", tmp_path / "nonsense")

    assert done.returncode == 2
    assert "not a schema" in done.stderr
    assert "Traceback" not in done.stderr
