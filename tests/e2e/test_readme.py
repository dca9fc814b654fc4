"""What the README says, done."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.service import CUSTOMERS, environment

if TYPE_CHECKING:
    from db.settings import DatabaseSettings
    from tests.e2e.api import Api

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]


def test_every_operation_answers_what_the_readme_says(api: Api) -> None:
    """The README's operations, one after the other, answer exactly what stands behind each."""
    blocks = [(kind, text) for kind, text in BLOCKS if kind != "sh"]
    assert [kind for kind, _ in blocks] == ["graphql", "json"] * (len(blocks) // 2)
    assert blocks

    for (_, operation), (_, answer) in zip(blocks[::2], blocks[1::2], strict=True):
        assert {"data": api.data(operation)} == json.loads(answer)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("customers ")])
def test_every_customers_command_works(command: str, shared_database: DatabaseSettings) -> None:
    """The README's `customers` commands succeed as they stand there."""
    _, *arguments = shlex.split(command)

    subprocess.run([CUSTOMERS, *arguments], env=environment(shared_database), check=True, capture_output=True)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make ")])
def test_every_make_command_has_its_target(command: str) -> None:
    """The README's `make` commands name targets of the Makefile (what they run is what runs this test)."""
    subprocess.run(
        [*shlex.split(command), "--dry-run"], cwd=ROOT, env=os.environ, check=True, capture_output=True
    )


def test_every_other_command_names_a_file_that_is_there() -> None:
    """A command that this machine may not have the program for at least names a file of the repository."""
    others = [command for command in COMMANDS if not command.startswith(("customers ", "make "))]
    assert others == ["docker compose -f db/docker-compose.yml up -d --wait"]
    assert (ROOT / "db/docker-compose.yml").is_file()


def test_every_link_leads_somewhere() -> None:
    """Files that the README links to exist."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
