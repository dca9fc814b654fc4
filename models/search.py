"""Words to find customers by, made into PostgreSQL's text search queries.

Migration 3 has what they are looked up in: each customer's words, `w.words` in the SQL made here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.sql import Sql, join, sql
from models.errors import LimitExceeded
from models.filter import comparable

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_WORDS = 10
LONGEST_SEARCH = 400

# How people write phone numbers; their digits are what is looked up.
_PHONE_NUMBER = re.compile(r"[+0-9][0-9\s().\-/\u2010-\u2015]*")

# What ends the letters that an e-mail address begins with, as migration 3 has it.
_END_OF_LETTERS = re.compile(r"[-._+@0-9]")

# Up to how many characters the beginnings of words stand among them, as migration 3 has it.
_LONGEST_BEGINNING = 16


@dataclass(frozen=True, slots=True)
class Search:
    """A search for customers that have every word, each as the beginning of one of their own words."""

    words: tuple[str, ...]
    number: str | None

    @classmethod
    def of(cls, text: str) -> Search | None:
        """Return the search for the words of a text, or None when there are none.

        Raises:
            InvalidArgument: the text holds a NUL.
            LimitExceeded: it is too long, or has too many words.
        """
        if len(text) > LONGEST_SEARCH:
            raise LimitExceeded(f"Search for at most {LONGEST_SEARCH} characters.")
        text = comparable(text)
        # Some text is longer in its normal form, and PostgreSQL takes no word of over 2,046 bytes.
        if len(text) > LONGEST_SEARCH:
            raise LimitExceeded(f"Search for at most {LONGEST_SEARCH} characters.")
        words = tuple(dict.fromkeys(text.split()))
        if len(words) > MOST_WORDS:
            raise LimitExceeded(f"Search for at most {MOST_WORDS} words.")
        return cls(words, _digits(text)) if words else None

    def condition(self) -> Sql:
        """Return what must hold for a customer."""
        query = " & ".join(_forms(word, _beginning, _prefix) for word in self.words)
        if self.number:
            query = f"({query}) | {_prefix(self.number)}"
        return sql("w.words @@ CAST(lower({}) AS tsquery)", query)

    def rank(self) -> Sql:
        """Return minus the number of words that a customer has in full, so that the best come first."""
        queries = [_forms(word, _whole, _whole) for word in self.words]
        full = [sql("(w.words @@ CAST(lower({}) AS tsquery))::int", query) for query in queries]
        return sql("-({})", join(" + ", full))


def _forms(word: str, form: Callable[[str], str], unique: Callable[[str], str]) -> str:
    """Return a query for a word in one of its forms: its own, its parts', an address's, a number's.

    `unique` makes the queries of those that few customers share.
    """
    parts = [part for part in word.split("-") if part]
    digits = _digits(word)
    forms = [
        form(word),
        *([f"({' & '.join(map(form, parts))})"] if parts and parts != [word] else []),
        *([unique(f" {word}")] if _long(word) or _END_OF_LETTERS.search(word) else []),
        *([unique(digits)] if digits else []),
    ]
    return f"({' | '.join(forms)})"


def _digits(text: str) -> str | None:
    return re.sub(r"\D", "", text) if _PHONE_NUMBER.fullmatch(text.strip()) else None


def _beginning(word: str) -> str:
    return _prefix(word) if _long(word) else _quoted(word)


def _long(word: str) -> bool:
    return len(word.lower()) > _LONGEST_BEGINNING


def _prefix(word: str) -> str:
    return _quoted(word) + ":*"


def _whole(word: str) -> str:
    return _quoted(word + " ")


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
