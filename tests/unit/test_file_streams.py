"""Files as they are opened, replaced and named on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.files.stream import FileError, source, target


def fail_to_write(path: Path) -> None:
    with target(path) as write:
        write(b"two")
        raise ValueError("stop")


def test_a_target_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    """A file is replaced when all is written and not before; a failure leaves what was there, and no more."""
    path = tmp_path / "customers.csv"

    with target(path) as write:
        write(b"one")
        assert not path.exists()
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(ValueError, match="stop"):
        fail_to_write(path)
    assert path.read_bytes() == b"one"
    with target(path) as write:
        write(b"three")

    assert path.read_bytes() == b"three"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path: Path) -> None:
    """Writing to a link replaces the file it leads to and leaves the link."""
    (tmp_path / "link").symlink_to(tmp_path / "file")

    with target(tmp_path / "link") as write:
        write(b"one")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"one"


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """Files that are not there, are folders or do not take what is written are errors with their names."""
    with pytest.raises(FileError, match=r"none\.csv: No such file"), source(tmp_path / "none.csv"):
        pass
    with pytest.raises(FileError, match=f"{tmp_path}: Is a directory"), source(tmp_path):
        pass
    with (
        pytest.raises(FileError, match=r"no/customers\.csv: No such file"),
        target(tmp_path / "no/customers.csv"),
    ):
        pass
    if (full := Path("/dev/full")).exists():
        with pytest.raises(FileError, match="/dev/full: No space"), target(full) as write:
            write(b"one")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(["-"], "--format"), (["customers.xml"], "--format"), (["a.csv", "--rejects", "a.csv"], "--rejects")],
)
def test_wrong_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], hint: str
) -> None:
    """A format that nothing tells, and rejects that would overwrite the file they come from, are refused."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("firstName,lastName\n")

    done = CliRunner().invoke(app, ["import", *arguments])

    assert done.exit_code == 2
    assert hint in done.stderr
    assert Path("a.csv").read_text() == "firstName,lastName\n"
