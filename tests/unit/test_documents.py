"""Documents named by their hash: which text is meant, what is remembered, which manifests are taken."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import documents
from api.documents import DocumentRefused, Documents, hash_of, read_manifest
from db.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = "{ customers { totalCount } }"
OTHER = "query Other { __typename }"
BLANK: list[Any] = [None, "", " ", "\n\t", 7, True, [], {}, [TEXT]]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def apollo(digest: Any, version: Any = 1) -> dict[str, Any]:
    """The parameters by which Apollo's clients name a document."""
    return {"extensions": {"persistedQuery": {"version": version, "sha256Hash": digest}}}


def by_id(digest: Any) -> dict[str, Any]:
    """The parameters by which the specification's appendix names a document."""
    return {"documentId": f"sha256:{digest}"}


def refused(known: Documents, **parameters: Any) -> tuple[str, str]:
    """The code and the message with which a request is refused."""
    with pytest.raises(DocumentRefused) as error:
        known.find(parameters)
    return error.value.code, str(error.value)


def test_the_hash() -> None:
    """A document's hash is the one that the specification's appendix gives for its example."""
    expected = "sha256:71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b"
    assert "sha256:" + hash_of("query($id:ID!){user(id:$id){name}}") == expected


@pytest.mark.parametrize("extensions", [{}, {"extensions": None}, {"extensions": {}}, {"documentId": None}])
def test_a_plain_query(extensions: dict[str, Any]) -> None:
    """A text without a hash is taken as it is, and not remembered."""
    known = Documents()
    assert known.find({"query": TEXT, **extensions}) == (TEXT, None)
    assert refused(known, **by_id(digest(TEXT)))[0] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("query", BLANK)
def test_no_query(query: Any) -> None:
    """A request with neither a text nor a hash is told to give one."""
    code, message = refused(Documents(), query=query)
    assert code == "BAD_USER_INPUT"
    assert message == "Give the operation as query, a string, or its hash as documentId."


@pytest.mark.parametrize("sending", [apollo, by_id])
@pytest.mark.parametrize("asking", [apollo, by_id])
@pytest.mark.parametrize("text", [TEXT, '{ a(b: "é 🂡") }'])
def test_automatic(
    sending: Callable[[str], dict[str, Any]], asking: Callable[[str], dict[str, Any]], text: str
) -> None:
    """An unknown hash is refused in Apollo's words; once sent with its text, both ways of naming know it."""
    known = Documents()
    assert refused(known, **asking(digest(text))) == ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")

    assert known.find({"query": text, **sending(digest(text))}) == (text, digest(text))
    assert refused(known, **asking(digest(text)))[0] == "PERSISTED_QUERY_NOT_FOUND"
    known.remember(digest(text), text)

    assert known.find(asking(digest(text))) == (text, None)
    assert known.find({"query": "", **asking(digest(text))}) == (text, None)
    assert known.find({"query": text, **sending(digest(text))}) == (text, None)


@pytest.mark.parametrize("naming", [apollo, by_id])
def test_another_text(naming: Callable[[str], dict[str, Any]]) -> None:
    """A text with the hash of another one is refused, known or not."""
    known = Documents()
    for _ in range(2):
        code, message = refused(known, query=OTHER, **naming(digest(TEXT)))
        assert code == "BAD_USER_INPUT"
        assert message.startswith("The provided sha does not match query; give the SHA-256")
        known.remember(digest(TEXT), TEXT)


def test_two_hashes() -> None:
    """Both ways of naming at once must agree."""
    known = Documents()
    known.remember(digest(TEXT), TEXT)
    assert known.find(apollo(digest(TEXT)) | by_id(digest(TEXT))) == (TEXT, None)
    assert refused(known, **apollo(digest(TEXT)), **by_id(digest(OTHER)))[0] == "BAD_USER_INPUT"


@pytest.mark.parametrize("version", [0, 2, "1", 1.0, True, None, [1]])
def test_another_version(version: Any) -> None:
    """Any version but 1 is refused, with the text sent along or not."""
    for parameters in apollo(digest(TEXT), version), {"query": TEXT, **apollo(digest(TEXT), version)}:
        code, message = refused(Documents(), **parameters)
        assert code == "BAD_USER_INPUT"
        assert message == "Unsupported persisted query version; give version 1."


@pytest.mark.parametrize("naming", [apollo, lambda value: {"documentId": value}])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "e3b0c442",
        digest(TEXT).upper(),
        digest(TEXT) + "\n",
        digest(TEXT) + "0",
        "md5:" + digest(TEXT),
        "sha256:",
        "sha256:sha256:" + digest(TEXT),
        "٣" * 64,
        "\ud800" * 64,
        7,
        False,
        [digest(TEXT)],
        {"sha256": digest(TEXT)},
    ],
)
def test_what_is_no_hash(naming: Callable[[Any], dict[str, Any]], value: Any) -> None:
    """Whatever is not 64 lower-case hexadecimal digits is refused, and is told what it should be."""
    code, message = refused(Documents(), **naming(value))
    assert code == "BAD_USER_INPUT"
    assert "the SHA-256 of the document's UTF-8 text as 64 lower-case hexadecimal digits" in message


@pytest.mark.parametrize("persisted", ["", "x", 0, 1, True, [], [1], {}, {"version": 1}, {"sha256Hash": ""}])
def test_what_is_no_persisted_query(persisted: Any) -> None:
    """A persistedQuery of any other shape is refused as the client's fault."""
    assert refused(Documents(), extensions={"persistedQuery": persisted})[0] == "BAD_USER_INPUT"


@given(query=JSON, extensions=JSON, id_=JSON)
def test_anything_at_all(query: Any, extensions: Any, id_: Any) -> None:
    """Parameters of whatever types and values are taken as a text, or refused."""
    parameters = {"query": query, "documentId": id_, "extensions": extensions}
    for sent in parameters, parameters | {"extensions": {"persistedQuery": extensions}}:
        try:
            text, _ = Documents().find(sent)
        except DocumentRefused:
            continue
        assert text == query


def test_a_lone_surrogate() -> None:
    """A text that UTF-8 cannot say has no hash that a client could know, and is no exception."""
    assert refused(Documents(), query="{ \ud800 }", **by_id(digest(TEXT)))[0] == "BAD_USER_INPUT"


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many documents are remembered, the process keeps those that were asked for last."""
    monkeypatch.setattr(documents, "MEMORY", 10 * (len(TEXT) + documents.ENTRY))
    known = Documents()
    texts = [f"{{ f{number:0{len(TEXT) - 5}} }}" for number in range(30)]
    assert {len(text) for text in texts} == {len(TEXT)}
    for text in texts:
        known.remember(digest(text), text)
        known.remember(digest(text), text)
        assert known.find(by_id(digest(texts[0]))) == (texts[0], None)

    kept = [text for text in texts if digest(text) in known._remembered]
    assert kept == [texts[0], *texts[-9:]]


def test_a_document_beyond_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document for which there is no room at all is not remembered, and those after it are."""
    monkeypatch.setattr(documents, "MEMORY", 1_000)
    known = Documents()
    for text in "x" * 1_000, TEXT:
        known.remember(digest(text), text)
    assert refused(known, **by_id(digest("x" * 1_000)))[0] == "PERSISTED_QUERY_NOT_FOUND"
    assert known.find(by_id(digest(TEXT))) == (TEXT, None)


@pytest.mark.parametrize("naming", [apollo, by_id])
def test_with_a_manifest(naming: Callable[[str], dict[str, Any]]) -> None:
    """With a manifest its documents are found by hash and by text, and no other is executed or remembered."""
    known = Documents({digest(TEXT): TEXT})
    assert known.find(naming(digest(TEXT))) == (TEXT, None)
    assert known.find({"query": TEXT}) == (TEXT, None)
    assert known.find({"query": TEXT, **naming(digest(TEXT))}) == (TEXT, None)

    assert refused(known, **naming(digest(OTHER)))[0] == "PERSISTED_QUERY_NOT_FOUND"
    for parameters in {}, naming(digest(OTHER)), naming(digest(TEXT)):
        code, message = refused(known, query=OTHER, **parameters)
        assert code == "FORBIDDEN"
        assert "Only persisted documents are executed here" in message


def fine(_text: str) -> list[str]:
    return []


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return tmp_path / "manifest.json"


def faulty(manifest: Path, check: Callable[[str], list[str]] = fine) -> str:
    """What is said about a manifest that is not taken: one line with the setting's and the file's name."""
    with pytest.raises(SettingsError) as error:
        read_manifest(manifest, check)
    message = str(error.value)
    assert message.startswith(f"PERSISTED_DOCUMENTS: {manifest}")
    assert message.isprintable()
    return message


def operation(id_: Any, body: Any) -> dict[str, Any]:
    return {"id": id_, "name": "Some", "type": "query", "body": body}


def apollo_manifest(*operations: Any) -> dict[str, Any]:
    return {"format": "apollo-persisted-query-manifest", "version": 1, "operations": list(operations)}


@pytest.mark.parametrize(
    "content",
    [
        {digest(TEXT): TEXT, digest(OTHER): OTHER},
        {f"sha256:{digest(TEXT)}": TEXT, digest(OTHER): OTHER},
        apollo_manifest(operation(digest(TEXT), TEXT), operation(digest(OTHER), OTHER)),
    ],
)
def test_manifests(manifest: Path, content: dict[str, Any]) -> None:
    """Both kinds of manifest are taken, with the prefix or without it, and every document is checked."""
    manifest.write_text(json.dumps(content))
    checked: list[str] = []

    def check(text: str) -> list[str]:
        checked.append(text)
        return []

    assert read_manifest(manifest, check) == {digest(TEXT): TEXT, digest(OTHER): OTHER}
    assert checked == [TEXT, OTHER]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must be JSON in UTF-8"),
        (b"{", "must be JSON in UTF-8"),
        ('{"é": "é"}'.encode("latin-1"), "must be JSON in UTF-8"),
        ("{}".encode("utf-16"), "must be JSON in UTF-8"),
        (b"[" * 100_000, "must be JSON in UTF-8"),
        (b"[]", "must be an object"),
        (b"null", "must be an object"),
        (b"{}", "has no documents"),
        (json.dumps(apollo_manifest()).encode(), "has no documents"),
    ],
)
def test_files_that_are_no_manifest(manifest: Path, content: bytes, said: str) -> None:
    """A file that is no manifest, or an empty one, is refused in one line that says what it should be."""
    manifest.write_bytes(content)
    assert said in faulty(manifest)


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"format": "another"}, {"format": []}, {"operations": {}}, {"operations": None}],
)
def test_other_formats(manifest: Path, change: dict[str, Any]) -> None:
    """A manifest like Apollo's, but not quite, is refused."""
    manifest.write_text(json.dumps(apollo_manifest(operation(digest(TEXT), TEXT)) | change))
    assert "Apollo's manifest in version 1" in faulty(manifest)


@pytest.mark.parametrize(
    ("id_", "text"),
    [
        ("first", TEXT),
        ("[/red]\x1b[2J", TEXT),
        (digest(TEXT).upper(), TEXT),
        (digest(OTHER), TEXT),
        (digest(TEXT), TEXT + " "),
        (digest(TEXT), None),
        (digest(TEXT), ["x"]),
    ],
)
def test_ids_that_are_no_hash(manifest: Path, id_: str, text: Any) -> None:
    """A document under another id than its hash is named by its place, and nothing of it is repeated."""
    said = "document 2 must have the SHA-256 of the document's UTF-8 text"
    for content in (
        {digest(OTHER): OTHER, f"sha256:{id_}": text},
        apollo_manifest(operation(digest(OTHER), OTHER), operation(id_, text)),
    ):
        manifest.write_text(json.dumps(content))
        assert said in faulty(manifest)
        assert id_ not in faulty(manifest)


@pytest.mark.parametrize("entry", [None, 7, "x", [], {}, {"id": digest(TEXT)}, {"body": TEXT}, {"id": []}])
def test_operations_of_another_shape(manifest: Path, entry: Any) -> None:
    """An operation without an id and a body is named by its place."""
    manifest.write_text(json.dumps(apollo_manifest(entry)))
    assert "document 1 must have" in faulty(manifest)


def test_documents_that_are_not_fine(manifest: Path) -> None:
    """A document that is refused is named by its place and hash, with the first reason in one line."""
    manifest.write_text(json.dumps({digest(TEXT): TEXT, digest(OTHER): OTHER}))
    message = faulty(manifest, lambda text: ["no such\nfield", "and more"] if text == OTHER else [])
    assert message.endswith(f"document 2 ({digest(OTHER)}) is refused: no such field")


def test_files_that_cannot_be_read(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is missing, is a folder, or is too large is refused in one line."""
    assert faulty(manifest).endswith("cannot be read: No such file or directory")
    manifest.mkdir()
    assert faulty(manifest).endswith("cannot be read: Is a directory")
    manifest.rmdir()
    monkeypatch.setattr(documents, "MANIFEST", 1_000)
    manifest.write_text(json.dumps({digest("x" * 1_000): "x" * 1_000}))
    assert faulty(manifest).endswith("is larger than 1,000 bytes")
