"""What may stand in the repository's files."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

# Lock files and notes hold wherever packages come from: a mirror, a cache, a closed network.
REGISTRY_HOST = re.compile(
    rb"[\w.-]*(?:pypi|pythonhosted|npmjs|registry)[\w-]*(?:\.[\w-]+)*\.(?:com|dev|io|org)\b"
)
HOME = re.compile(rb"(?<![\w.])/(?:home|Users|root)/\w")


def files() -> list[Path]:
    """Every file that is in the repository or would be with the next `git add --all`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.decode().split("\0") if (path := ROOT / name).is_file()]


def places(pattern: re.Pattern[bytes]) -> list[str]:
    """Where a pattern occurs, as `path: what was found`."""
    return [
        f"{path.relative_to(ROOT)}: {found.group().decode()}"
        for path in files()
        for found in pattern.finditer(path.read_bytes())
    ]


def test_no_registry_is_named() -> None:
    """No file names the host of a package registry."""
    assert places(REGISTRY_HOST) == []


def test_no_machine_is_named() -> None:
    """No file names a home folder, nor the folder of this checkout."""
    checkout = re.compile(rb"(?<![\w./])" + re.escape(bytes(ROOT)) + rb"\b")

    assert places(HOME) == []
    assert places(checkout) == []


@pytest.mark.parametrize(
    "name", ["pypi", "files.pythonhosted", "https://registry.npmjs", "npm.registry.example"]
)
def test_a_registry_host_is_recognised(name: str) -> None:
    """A registry's host is found with or without its scheme."""
    assert REGISTRY_HOST.search(f"from {name}.org/simple".encode())


def test_the_lock_holds_every_dependency() -> None:
    """Each requirement of pyproject.toml is met by a version in the lock, and each version has hashes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lock = (ROOT / "requirements.txt").read_text()
    versions = re.findall(r"^([\w.-]+)==([\w.+!-]+)[^\\\n]*\\\n    --hash=sha256:", lock, re.MULTILINE)
    locked = dict(versions)

    assert len(versions) == len(re.findall(r"^\w", lock, re.MULTILINE))
    for line in project["project"]["dependencies"] + project["dependency-groups"]["dev"]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)]), line
