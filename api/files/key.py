"""Idempotency keys for rows that have none, so that a file can be imported again."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Self

from models.draft import CustomerDraft

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from api.files.row import Row

_DIGEST_SIZE = 16


class Keys:
    """Gives each row a key made of what it says, and of how many rows before it said the same.

    So a file's rows keep their keys when others are added, mended, moved or removed, and two equal rows are
    two customers. What has been seen is counted outside of this process's memory, in a temporary file that
    holds hashes only.
    """

    def __init__(self) -> None:
        self._seen = sqlite3.connect("", isolation_level=None)

    def __enter__(self) -> Self:
        self._seen.execute("PRAGMA journal_mode = OFF")
        self._seen.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._seen.execute("BEGIN")
        return self

    def __exit__(self, *_: object) -> None:
        self._seen.close()

    def given(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows, those that lack a key with one."""
        for row in rows:
            if isinstance(row.draft, CustomerDraft) and not row.draft.idempotency_key:
                key = {"idempotency_key": self._key(row.draft)}
                yield replace(row, draft=row.draft.model_copy(update=key))
            else:
                yield row

    def _key(self, draft: CustomerDraft) -> str:
        # Without what is None, for a field that a later release adds must not change the keys.
        digest = blake2b(draft.model_dump_json(exclude_none=True).encode(), digest_size=_DIGEST_SIZE)
        [[times]] = self._seen.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times",
            (digest.digest(),),
        )
        return f"row-{digest.hexdigest()}-{times}"
