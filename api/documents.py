"""Documents that clients name by their SHA-256 in place of sending their text.

Two ways to name one, which find the same documents: `documentId` of GraphQL over HTTP's appendix on
persisted documents, and `extensions.persistedQuery` of Apollo's automatic persisted queries. In both the
hash is that of the text in UTF-8.

Without a manifest, a document is remembered once it was sent together with its hash. With one, nothing but
what is in it is executed, so that a stolen token can ask no more than the applications do.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import orjson

from db.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

MEMORY: Final = 4_000_000
"""Characters that one process remembers; each document counts ENTRY more than it has."""

ENTRY: Final = 300
"""What a document takes besides its text, so that many small ones are bounded as well."""

MANIFEST: Final = 20_000_000
"""Bytes that a manifest may have."""

_SHA256: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_HOW: Final = "the SHA-256 of the document's UTF-8 text as 64 lower-case hexadecimal digits"


class DocumentRefused(Exception):
    """A request names no document that may be executed; nothing was done.

    `code` is BAD_USER_INPUT, PERSISTED_QUERY_NOT_FOUND (send the text along, if there is no manifest) or
    FORBIDDEN; the message says what to do, but for PersistedQueryNotFound, which Apollo's clients wait for.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Documents:
    """The documents that one process knows: those of a manifest and no others, or those it was sent."""

    def __init__(self, allowed: Mapping[str, str] | None = None) -> None:
        """Take what `read_manifest` returned; None allows every document."""
        self._allowed = allowed
        self._texts = None if allowed is None else frozenset(allowed.values())
        self._remembered: OrderedDict[str, str] = OrderedDict()
        self._size = 0

    def find(self, parameters: Mapping[str, Any]) -> tuple[str, str | None]:
        """Return the text that a request means, and the hash under which to `remember` it, if any.

        Parameters are taken as the client wrote them, whatever they are.

        Raises:
            DocumentRefused: there is none, it is not known, not allowed, or not the one with that hash.
        """
        text = parameters.get("query")
        digest = _digest(parameters) if "extensions" in parameters or "documentId" in parameters else None
        if digest is not None and (text is None or text == ""):
            return self._known(digest), None
        if not isinstance(text, str) or not text or text.isspace():
            raise _bad("Give the operation as query, a string, or its hash as documentId.")
        if self._texts is not None and text not in self._texts:
            message = "Only persisted documents are executed here; ask for yours to be added to them."
            raise DocumentRefused("FORBIDDEN", message)
        if digest is None:
            return text, None
        if digest != hash_of(text):
            raise _bad(f"The provided sha does not match query; give {_HOW}, or leave it out.")
        return text, None if self._allowed is not None or digest in self._remembered else digest

    def remember(self, digest: str, text: str) -> None:
        """Keep a document that proved valid, under the hash that `find` returned with it.

        Those that were not asked for the longest make room.
        """
        self._forget(digest)
        self._remembered[digest] = text
        self._size += len(text) + ENTRY
        while self._size > MEMORY:
            self._forget(next(iter(self._remembered)))

    def _forget(self, digest: str) -> None:
        text = self._remembered.pop(digest, None)
        if text is not None:
            self._size -= len(text) + ENTRY

    def _known(self, digest: str) -> str:
        text = (self._remembered if self._allowed is None else self._allowed).get(digest)
        if text is None:
            raise DocumentRefused("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        if self._allowed is None:
            self._remembered.move_to_end(digest)
        return text


def hash_of(text: str) -> str:
    """Return the hash by which a document is named."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _digest(parameters: Mapping[str, Any]) -> str | None:
    """Return the hash that a request gives, in one way or the other, or None."""
    named = parameters.get("documentId")
    extensions = parameters.get("extensions")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if named is None and persisted is None:
        return None
    digests = set()
    if named is not None:
        digests.add(_hexadecimal(named, "documentId", "sha256: and "))
    if persisted is not None:
        digests.add(_apollo(persisted))
    if len(digests) > 1:
        raise _bad("Give the same hash as documentId and in persistedQuery, or only one of them.")
    return digests.pop()


def _apollo(persisted: Any) -> str:
    if not isinstance(persisted, dict):
        raise _bad('Give persistedQuery as {"version": 1, "sha256Hash": "…"}.')
    version = persisted.get("version")
    if type(version) is not int or version != 1:
        raise _bad("Unsupported persisted query version; give version 1.")
    return _hexadecimal(persisted.get("sha256Hash"), "persistedQuery.sha256Hash", "")


def _hexadecimal(given: Any, name: str, prefix: str) -> str:
    match = _SHA256.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        raise _bad(f"Give {name} as {prefix}{_HOW}.")
    return match[1]


def _bad(message: str) -> DocumentRefused:
    return DocumentRefused("BAD_USER_INPUT", message)


def read_manifest(path: Path, check: Callable[[str], Sequence[str]]) -> dict[str, str]:
    """Return the documents of a manifest by their hashes.

    It is either `{"<hash>": "<document>", …}`, as GraphQL Code Generator and Relay write it, or Apollo's
    `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": …, "body": …}, …]}`.
    `check` says what is wrong with a document, nothing if it is fine.

    Raises:
        SettingsError: the file cannot be read, is none of the two or holds no document; or one of them has
            another hash than its id says, or is not fine.
    """
    documents: dict[str, str] = {}
    for place, (name, text) in enumerate(_entries(path), 1):
        where = f"{path}: document {place}"
        match = _SHA256.fullmatch(name) if isinstance(name, str) else None
        if match is None or not isinstance(text, str) or match[1] != hash_of(text):
            raise _wrong(f"{where} must have {_HOW} as its id")
        if errors := check(text):
            raise _wrong(f"{where} ({match[1]}) is refused: {' '.join(errors[0].split())}")
        documents[match[1]] = text
    if not documents:
        raise _wrong(f"{path} has no documents; leave the setting empty to allow all")
    return documents


def _entries(path: Path) -> Iterable[tuple[Any, Any]]:
    """Return the ids and texts of a manifest, which may be anything."""
    try:
        with path.open("rb") as file:
            data = file.read(MANIFEST + 1)
    except OSError as error:
        raise _wrong(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > MANIFEST:
        raise _wrong(f"{path} is larger than {MANIFEST:,} bytes")
    try:
        manifest = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise _wrong(f"{path} must be JSON in UTF-8") from None
    if not isinstance(manifest, dict):
        raise _wrong(f'{path} must be an object: {{"<hash>": "<document>", …}}, or Apollo\'s manifest')
    return _operations(path, manifest) if "format" in manifest else manifest.items()


def _operations(path: Path, manifest: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    operations = manifest.get("operations")
    kind = (manifest["format"], manifest.get("version"))
    if kind != ("apollo-persisted-query-manifest", 1) or not isinstance(operations, list):
        raise _wrong(f"{path} must be Apollo's manifest in version 1, with a list of operations")
    for operation in operations:
        fields = operation if isinstance(operation, dict) else {}
        yield fields.get("id"), fields.get("body")


def _wrong(message: str) -> SettingsError:
    return SettingsError(f"PERSISTED_DOCUMENTS: {message}")
