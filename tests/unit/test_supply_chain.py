"""What comes from others is pinned to what was looked at, and no secret goes along with the code."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.txt", "bench/requirements.txt")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
PACKAGE_LOCKS = sorted(
    path
    for folder in ("api", "tests")
    for path in (ROOT / folder).glob("**/package-lock.json")
    if "node_modules" not in path.parts
)
SCAN = Path(sys.executable).with_name("detect-secrets-hook")

workflows = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)


@workflows
def test_actions_are_pinned(workflow: Path) -> None:
    """Every action is one commit, with the version that it is beside it."""
    uses = re.findall(r"^.*\buses:.*$", workflow.read_text(), re.MULTILINE)
    assert uses
    for line in uses:
        assert re.fullmatch(r" +(- )?uses: [\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+(\.\d+)*", line), line


def test_an_action_is_the_same_everywhere() -> None:
    """One action has one commit in all workflows."""
    pins: dict[str, set[str]] = {}
    for workflow in WORKFLOWS:
        for name, commit in re.findall(r"uses: ([\w./-]+)@(.+)", workflow.read_text()):
            pins.setdefault(name, set()).add(commit)
    assert {name: commits for name, commits in pins.items() if len(commits) > 1} == {}


@workflows
def test_workflows_may_only_read(workflow: Path) -> None:
    """A workflow may read the code and nothing else, no job may more, and no step finds the token on disk."""
    text = workflow.read_text()
    assert re.findall(r"^( *)permissions:(.*\n(?:\1 +.*\n)*)", text, re.MULTILINE) == [
        ("", "\n  contents: read\n")
    ]
    assert text.count("uses: actions/checkout@") == text.count("persist-credentials: false")


@workflows
def test_workflows_run_nothing_of_strangers(workflow: Path) -> None:
    """What others name or write is never part of a shell's command, and never runs with our secrets."""
    text = workflow.read_text()
    assert "pull_request_target" not in text
    assert "workflow_run" not in text
    for command in re.findall(r"^( *)(?:- )?run:(.*\n(?:\1 +.*\n)*)", text, re.MULTILINE):
        assert "${{" not in command[1]


def requirements(lock: str) -> Iterator[str]:
    """The lines of a lock, continued ones put together, without comments."""
    for line in (ROOT / lock).read_text().replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_have_hashes(lock: str) -> None:
    """Every package of a lock has one version and the hashes of its files; none names where it comes from."""
    lines = list(requirements(lock))
    assert lines
    for line in lines:
        head, *hashes = re.split(r"\s+--hash=", line.strip())
        [pin] = Requirement(head).specifier
        assert (pin.operator, Requirement(head).url) == ("==", None)
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", hash_) for hash_ in hashes), head
    assert "://" not in (ROOT / lock).read_text()


@pytest.mark.parametrize("lock", PACKAGE_LOCKS, ids=lambda path: str(path.relative_to(ROOT).parent))
def test_package_locks_have_digests(lock: Path) -> None:
    """Every npm package has one version and the digest of its file; none names where it comes from."""
    content: dict[str, Any] = json.loads(lock.read_text())
    packages = {name: package for name, package in content["packages"].items() if name}
    assert packages
    for name, package in packages.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+(-[\w.]+)?", package["version"]), name
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name


def planted() -> dict[str, str]:
    """Lines that hold a secret each."""
    return {
        "private key": "-----BEGIN " + "PRIVATE KEY-----",
        "password": f"password = '{secrets.token_hex(8)}'",
        "address": f"postgresql://customers:pa55-{secrets.token_hex(6)}@db.example.com/customers",
        "key": f'KEY = "{secrets.token_hex(32)}"',
        "AWS": "AKIA" + "".join(secrets.choice("ABCDEFGHIJKLMNOP234567") for _ in range(16)),
        "GitHub": f"ghp_{secrets.token_hex(18)}",
        "token": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJhbm4ifQ." + secrets.token_hex(22),
    }


def test_secrets_are_found(tmp_path: Path) -> None:
    """The scan that the workflow and pre-commit run finds every kind of secret, and none where none is."""
    files = {tmp_path / f"{kind}.py": line for kind, line in planted().items()}
    for path, line in files.items():
        path.write_text(line + "\n")
    done = scan(*files)
    assert done.returncode == 1, done.stdout + done.stderr
    assert [path.name for path in files if f"{path}:1" not in done.stdout] == []

    assert scan(ROOT / "README.md", ROOT / "api" / "settings.py").returncode == 0


def scan(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCAN, "--baseline", ".secrets.baseline", *paths],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_secret_is_excepted() -> None:
    """The scan knows of no secret that was found and left, and asks nobody whether one is valid."""
    baseline: dict[str, Any] = json.loads((ROOT / ".secrets.baseline").read_text())
    assert baseline["results"] == {}
    assert not [kind for kind in baseline["filters_used"] if "verification" in kind["path"]]
