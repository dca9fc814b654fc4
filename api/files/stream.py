"""The files themselves: opened with a clear error when that fails, and written whole or not at all."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, BinaryIO, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Write: TypeAlias = Callable[[bytes], None]

STANDARD = Path("-")
"""Stands for standard input or output."""


class FileError(Exception):
    """A file cannot be read or written, or is not what it should be; the message says where and why."""


@contextmanager
def source(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read from.

    Raises:
        FileError: that fails.
    """
    if path == STANDARD:
        yield sys.stdin.buffer
        return
    with explained(path):
        file = path.open("rb")
    with file:
        yield file


@contextmanager
def target(path: Path) -> Iterator[Write]:
    """Open a file to write to. It takes its place when all is written; until then what was there stays.

    A new file is for its owner's eyes only, since it holds personal data.

    Raises:
        FileError: that, or writing, fails.
    """
    name = "standard output" if path == STANDARD else path
    with explained(name), _opened(path) as file:

        def write(data: bytes) -> None:
            # Explained here as well: on its way out a bare OSError could pass for one of the database.
            with explained(name):
                file.write(data)
                file.flush()

        yield write


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path == STANDARD:
        # Not sys.stdout itself, which would try once more, at exit, what a closed pipe did not take.
        with open(sys.stdout.fileno(), "wb", closefd=False) as file:
            yield file
    elif path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
    else:
        with _replacement(path.resolve()) as file:
            yield file


@contextmanager
def _replacement(path: Path) -> Iterator[IO[bytes]]:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            yield file
            file.flush()
            if path.exists():
                shutil.copymode(path, temporary)
            temporary.replace(path)
        except BaseException:
            temporary.unlink()
            raise


@contextmanager
def explained(path: object) -> Iterator[None]:
    """Raise `FileError` in place of what the operating system says about a file."""
    try:
        yield
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error
