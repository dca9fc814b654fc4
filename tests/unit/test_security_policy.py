"""SECURITY.md names for each threat the tests that hold its control."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POLICY = (ROOT / "SECURITY.md").read_text()
TESTS = sorted(set(re.findall(r"`(tests/[^`]+)`", POLICY)))


@pytest.mark.parametrize("path", TESTS)
def test_named_tests_exist(path: str) -> None:
    """Every test that the threat model names is there."""
    assert (ROOT / path).exists()


def test_every_threat_has_a_test() -> None:
    """Each row of the threat model says who, what, which control and which test."""
    _, _, *rows = [line for line in POLICY.splitlines() if line.startswith("|")]
    assert rows
    for row in rows:
        _who, what, control, tests = [cell.strip() for cell in row.strip("|").split("|")]
        assert what
        assert control
        assert re.fullmatch(r"`tests/[^`]+`(, `tests/[^`]+`)*", tests), row
