"""What a search makes of what people type."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import InvalidArgument, LimitExceeded
from models.search import LONGEST_SEARCH, MOST_WORDS, Search


def query(text: str) -> str:
    """Return the text search query that a search sends."""
    search = Search.of(text)
    assert search
    _, [value] = search.condition().compile()
    assert isinstance(value, str)
    return value


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u00a0\u3000"])
def test_blanks_are_no_search(text: str) -> None:
    """Where there is no word, nothing is searched for."""
    assert Search.of(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ada", ("ada",)),
        ("  ada \t lovelace\n", ("ada", "lovelace")),
        ("ada ada", ("ada",)),
        ("a\u00a0b\u3000c", ("a", "b", "c")),
        ("Zoe\u0308", ("Zo\u00eb",)),
        ("O'Neill & | !", ("O'Neill", "&", "|", "!")),
    ],
)
def test_words_are_what_blanks_separate(text: str, words: tuple[str, ...]) -> None:
    """Words are composed, each counted once, and nothing but blanks parts them."""
    search = Search.of(text)

    assert search
    assert search.words == words


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("ada", "('ada')"),
        ("ada lovelace", "('ada') & ('lovelace')"),
        ("o'neill", "('o''neill')"),
        ("\\", "('\\\\')"),
        ("jean-luc", "('jean-luc' | ('jean' & 'luc') | ' jean-luc':*)"),
        ("jean-", "('jean-' | ('jean') | ' jean-':*)"),
        ("-", "('-' | ' -':*)"),
        ("ada -", "('ada') & ('-' | ' -':*)"),
        ("415", "(('415' | ' 415':* | '415':*)) | '415':*"),
        ("+1", "(('+1' | ' +1':* | '1':*)) | '1':*"),
        ("zola 331", "('zola') & ('331' | ' 331':* | '331':*)"),
        ("ada@", "('ada@' | ' ada@':*)"),
        ("ada.l", "('ada.l' | ' ada.l':*)"),
        ("ada_l", "('ada_l' | ' ada_l':*)"),
        ("ada+l", "('ada+l' | ' ada+l':*)"),
        ("ada1", "('ada1' | ' ada1':*)"),
        ("o'neill@", "('o''neill@' | ' o''neill@':*)"),
        ("Ada@Example.com", "('Ada@Example.com' | ' Ada@Example.com':*)"),
    ],
)
def test_each_word_is_a_prefix(text: str, sent: str) -> None:
    """Each word must begin a word of the customer: as typed, by its parts, as an address, by its digits."""
    assert query(text) == sent


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("christopherjames", "('christopherjames')"),
        ("christopherjames-christopherjames", "('christopherjames' & 'christopherjames')"),
        ("ada-christopherjameson", "('ada' & 'christopherjameson':*)"),
        ("christopherjameson", "('christopherjameson':* | ' christopherjameson':*)"),
        ("ß" * 16, f"'{'ß' * 16}'"),
        ("ß" * 17, f"'{'ß' * 17}':*"),
        # Seventeen with its dot, which not every PostgreSQL keeps.
        ("İ" + "i" * 15, f"'İ{'i' * 15}':*"),
        ("q\u0323" * 8, "'" + "q\u0323" * 8 + "'"),
    ],
)
def test_beginnings_of_up_to_16_characters_are_looked_up_as_they_are(text: str, sent: str) -> None:
    """Up to 16 characters equal a beginning that is there; what is longer begins a word that stands whole."""
    assert sent in query(text)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("ada", ["('ada ')"]),
        ("ada love", ["('ada ')", "('love ')"]),
        ("anne-marie", ["('anne-marie ' | ('anne ' & 'marie ') | ' anne-marie ')"]),
        ("ada@example.com", ["('ada@example.com ' | ' ada@example.com ')"]),
        ("14155552671", ["('14155552671 ' | ' 14155552671 ' | '14155552671 ')"]),
        ("christopherjameson", ["'christopherjameson '"]),
    ],
)
def test_what_is_typed_in_full_ends_with_a_blank(text: str, sent: list[str]) -> None:
    """For the rank each word is looked up whole: a word of a name, an e-mail address, or a number."""
    search = Search.of(text)
    assert search
    _, values = search.rank().compile()
    assert len(values) == len(sent)
    for value, part in zip(values, sent, strict=True):
        assert isinstance(value, str)
        assert part in value
        assert ":*" not in value


@pytest.mark.parametrize(
    "text",
    [
        "+1 (415) 555-2671",
        "+1 415.555.2671",
        "1-415-555-2671",
        " +14155552671 ",
        "+1 415/5552671",
        "+1\u00a0415\u00a0555\u00a02671",
        "+1 415\u2011555\u20112671",
    ],
)
def test_a_phone_number_is_its_digits(text: str) -> None:
    """A phone number as people write or paste it is looked up by its digits."""
    assert "'14155552671':*" in query(text)


def test_what_is_asked_for_at_once_is_limited() -> None:
    """A search has at most 400 characters and 10 words, counted each once."""
    assert Search.of("a" * LONGEST_SEARCH)
    assert Search.of(" ".join(map(str, range(MOST_WORDS))))
    assert Search.of("a " * 150)
    with pytest.raises(LimitExceeded, match="at most 400 characters"):
        Search.of("a" * (LONGEST_SEARCH + 1))
    with pytest.raises(LimitExceeded, match="at most 10 words"):
        Search.of(" ".join(map(str, range(MOST_WORDS + 1))))


def test_a_nul_is_refused() -> None:
    """What PostgreSQL cannot read is refused before it is sent."""
    with pytest.raises(InvalidArgument, match="NUL"):
        Search.of("ada\0")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_no_word_leaves_its_quotes(text: str) -> None:
    """Whatever is typed, quotes and backslashes in it are doubled, so that it stays text."""
    try:
        search = Search.of(text)
    except LimitExceeded:
        return
    if search is None:
        return
    outside = query(text).replace("\\\\", "").replace("''", "")
    parts = outside.split("'")
    assert len(parts) % 2 == 1
    assert set("".join(parts[::2])) <= set("()|&:* ")
