"""The audits that the authors of GraphQL over HTTP publish, each against the running service."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.service import Service

NODE = shutil.which("node")
SCRIPT = Path(__file__).with_name("audit.mjs")
INSTALLED = SCRIPT.with_name("node_modules").is_dir()


def audits(*arguments: str) -> list[dict[str, str]]:
    """Return what the script lists."""
    if NODE is None:
        return []
    script = subprocess.run(
        [NODE, SCRIPT, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert script.returncode == 0, script.stderr
    listed: list[dict[str, str]] = json.loads(script.stdout)
    return listed


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each audit that there is."""
    if "audit" in metafunc.fixturenames:
        known = audits() if INSTALLED else []
        metafunc.parametrize("audit", [pytest.param(audit["id"], id=audit["name"]) for audit in known])


@pytest.fixture(scope="module")
def findings(service: Service) -> dict[str, dict[str, str]]:
    """What each audit found, by its id."""
    return {audit["id"]: audit for audit in audits(f"{service.address}/graphql")}


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_audits_are_there() -> None:
    """Wherever node is, `make setup` has installed audits of all three kinds."""
    assert INSTALLED, "run `make setup`"
    assert {audit["name"].split()[0] for audit in audits()} == {"MUST", "SHOULD", "MAY"}


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_audit(audit: str, findings: dict[str, dict[str, str]]) -> None:
    """The service does what it must, should and may."""
    assert findings[audit]["status"] == "ok", findings[audit].get("reason")
