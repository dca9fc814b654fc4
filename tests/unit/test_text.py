"""The types of the domain's values: what each makes of any text."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from models.errors import IssueCode
from models.text import CountryCode, EmailAddress, PhoneNumber, Text20, Text255, postal_code_fits

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SPACES = " \t\n\r\v\f\x1c\x85\xa0\u2003\u2028\u3000"
INVISIBLE = "\xad\u200b\u200d\u2060\u202e\ufeff\U000e0041"
CONTROL = "\0\x01\x1b\x7f\x9f\n\u2029\ud800\udfff"
CHANGING = "e\u0301\u0308\u0323\u0958\u212b\u1e9b\uac00\u1100\u1161\u0344\u2126\ufb2c"
TEXT = st.text(st.sampled_from(SPACES + INVISIBLE + CONTROL + CHANGING) | st.characters())
ADDRESS_PIECES = [
    "a",
    "B",
    ".",
    "@",
    "-",
    "xn--",
    "é",
    "ß",
    "İ",
    "\u200d",
    "[",
    '"',
    "例",
    "。",
    ":",
    ".com",
    " ",
]
NUMBER_PIECES = [*"+0123456789 ()-./x#;,*\u2060\uff11\u0663", "ext", ";isub=", ";phone-context=", "ABC"]


TEXT_20: TypeAdapter[str] = TypeAdapter(Text20)
TEXT_255: TypeAdapter[str] = TypeAdapter(Text255)
EMAIL: TypeAdapter[str] = TypeAdapter(EmailAddress)
NUMBER: TypeAdapter[str] = TypeAdapter(PhoneNumber)
COUNTRY: TypeAdapter[str] = TypeAdapter(CountryCode)


def read(type_: TypeAdapter[str], text: str) -> str:
    """Return what a type makes of a text, or the `IssueCode` by which it refuses it."""
    try:
        return type_.validate_python(text)
    except ValidationError as refused:
        [error] = refused.errors()
        return IssueCode(error["type"])


def categories(text: str) -> set[str]:
    return set(map(unicodedata.category, text))


@unhurried
@given(TEXT)
def test_any_text_is_kept_clean_or_refused_for_what_it_holds(text: str) -> None:
    """A text is kept in NFC, trimmed and without control characters, unless it has one or is blank."""
    kept = read(TEXT_255, text)

    if kept is IssueCode.INVALID_CHARACTER:
        assert categories(text.strip()) & {"Cc", "Cs", "Zl", "Zp"}
    elif kept is IssueCode.BLANK:
        assert categories(text.strip()) <= {"Cf", "Zs"}
    elif kept is IssueCode.TOO_LONG:
        assert len(unicodedata.normalize("NFC", text.strip())) > 255
    else:
        assert kept == unicodedata.normalize("NFC", text.strip())
        assert not categories(kept) & {"Cc", "Cs", "Zl", "Zp"}
        assert categories(kept) - {"Cf", "Zs"}
        assert len(kept) <= 255


@unhurried
@given(TEXT)
def test_clean_text_is_left_alone(text: str) -> None:
    """What was kept once is kept as it is ever after."""
    kept = read(TEXT_255, text)

    if not isinstance(kept, IssueCode):
        assert read(TEXT_255, kept) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", "BLANK"),
        (SPACES, "BLANK"),
        (INVISIBLE, "BLANK"),
        (f" {INVISIBLE} {INVISIBLE}\n", "BLANK"),
        ("\0", "INVALID_CHARACTER"),
        (INVISIBLE + "\0", "INVALID_CHARACTER"),
        ("a\0b", "INVALID_CHARACTER"),
        ("a\nb", "INVALID_CHARACTER"),
        ("a\u2028b", "INVALID_CHARACTER"),
        ("\ud83d", "INVALID_CHARACTER"),
        ("\U0001f600" * 20, "\U0001f600" * 20),
        ("\U0001f600" * 21, "TOO_LONG"),
        ("e\u0301" * 20, "é" * 20),
        ("\u0958" * 10, "\u0915\u093c" * 10),
        ("\u0958" * 11, "TOO_LONG"),
        (" " * 1_000_000 + "a", "a"),
        ("a" * 1_000_000, "TOO_LONG"),
        ("\u200b" * 1_000_000, "BLANK"),
        ("\N{FAMILY}\u200d\N{FAMILY}", "\N{FAMILY}\u200d\N{FAMILY}"),
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_text_is_measured_in_characters_as_it_is_kept(text: str, kept: str) -> None:
    """Length counts the characters of the trimmed and composed text, as PostgreSQL's varchar does."""
    assert read(TEXT_20, text) == kept


@unhurried
@given(st.lists(st.sampled_from(ADDRESS_PIECES), max_size=12).map("".join) | st.emails() | TEXT)
def test_an_email_address_is_kept_in_one_form(text: str) -> None:
    """An address is refused with a code, or kept in a form that reads as itself and fits its column."""
    kept = read(EMAIL, text)

    if not isinstance(kept, IssueCode):
        local, _, domain = kept.rpartition("@")
        assert local
        assert domain == domain.lower()
        assert "." in domain
        assert len(kept) <= 320
        assert read(EMAIL, kept) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" Ada@EXAMPLE.com ", "Ada@example.com"),
        ("ada@xn--bcher-kva.example.com", "ada@bücher.example.com"),
        ("ada+tag@example.com", "ada+tag@example.com"),
        ("zoe\u0308@example.com", "zoë@example.com"),
        ("ada", "INVALID_EMAIL"),
        ("@example.com", "INVALID_EMAIL"),
        ("ada@", "INVALID_EMAIL"),
        ("ada@example", "INVALID_EMAIL"),
        ("ada@localhost", "INVALID_EMAIL"),
        ("ada@@example.com", "INVALID_EMAIL"),
        ("ada@example..com", "INVALID_EMAIL"),
        ("ada@[127.0.0.1]", "INVALID_EMAIL"),
        ("ada lovelace@example.com", "INVALID_EMAIL"),
        ("Ada <ada@example.com>", "INVALID_EMAIL"),
        ("ada@example.com, grace@example.com", "INVALID_EMAIL"),
        ("ada@exa\u200bmple.com", "INVALID_EMAIL"),
        ("a@" + ".".join(["b" * 60] * 5), "INVALID_EMAIL"),
        ("a" * 320, "INVALID_EMAIL"),
        ("a" * 321, "TOO_LONG"),
        ("ada@example.com\0", "INVALID_CHARACTER"),
    ],
    ids=lambda text: ascii(text[:24]),
)
def test_an_email_address_is_one_that_mail_can_reach(text: str, kept: str) -> None:
    """One address with a domain of the internet is kept, its domain in lower case; all else is refused."""
    assert read(EMAIL, text) == kept


LOCAL_PARTS = [
    *"a.B'",
    "info",
    "Postmaster",
    "a.b",
    "a..b",
    ".a",
    "x" * 64,
    "x" * 65,
    "é",
    '"a b"',
    "a+b-c_d",
]
DOMAINS = [
    *(
        "example.com",
        "EXAMPLE.com",
        "a.example.com",
        "localhost",
        "test",
        "a.invalid",
        "example.c",
        "1.2",
        "a.1b",
    ),
    *(
        "example..com",
        ".com",
        "com.",
        "-a.com",
        "a-.com",
        "a--b.com",
        "xn--bcher-kva.com",
        "xn--a.com",
        "b_.com",
    ),
    *("bücher.com", "[1.2.3.4]", "b" * 63 + ".com", "b" * 64 + ".com", ".".join(["b" * 60] * 4) + ".com"),
    *(f"{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * size}.com" for size in (4, 5, 60)),
]


@unhurried
@given(
    st.tuples(st.sampled_from(LOCAL_PARTS), st.sampled_from(["@", "", "@@"]), st.sampled_from(DOMAINS)).map(
        "".join
    )
    | st.emails()
    | st.text(st.sampled_from("ab.-@_x1"), max_size=12).map(lambda text: f"a{text}.com")
)
def test_an_email_address_is_what_email_validator_makes_of_it(text: str) -> None:
    """Whether its domain was met before or not, an address is kept or refused as email-validator says."""
    try:
        expected = validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        expected = IssueCode.INVALID_EMAIL

    assert [read(EMAIL, text), read(EMAIL, text)] == [expected, expected]


@unhurried
@given(st.lists(st.sampled_from(NUMBER_PIECES), max_size=18).map(lambda pieces: "+" + "".join(pieces)) | TEXT)
def test_a_phone_number_is_kept_in_e164(text: str) -> None:
    """A number is refused with a code, or kept as + and at most 15 digits, which reads as itself."""
    kept = read(NUMBER, text)

    if not isinstance(kept, IssueCode):
        assert re.fullmatch(r"\+[1-9][0-9]{1,14}", kept)
        assert read(NUMBER, kept) == kept


@pytest.mark.parametrize("between", [*" ().-/[]\u00a0\u00ad\u200b\u2010\u2015\u2060\u2212\u3000"])
def test_what_stands_between_digits_does_not_matter(between: str) -> None:
    """What people write between digits, and what programs do that they copy numbers from, is left out."""
    assert read(NUMBER, f"+4420{between}7946{between}0958") == "+442079460958"


CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
EXAMPLES = [
    str(phonenumbers.national_significant_number(number))
    for code in CODES
    if (number := phonenumbers.example_number_for_non_geo_entity(code))
    or (number := phonenumbers.example_number(phonenumbers.region_code_for_country_code(code)))
]


@unhurried
@given(
    st.sampled_from(CODES) | st.integers(1, 999),
    st.sampled_from(["", "", "", "0", "1", "8", "06", "02", "9", "15"]),
    st.from_regex(r"[0-9]{3,13}", fullmatch=True) | st.sampled_from(EXAMPLES),
)
def test_digits_are_the_number_that_phonenumbers_reads(code: int, within: str, national: str) -> None:
    """Numbers without spaces are read as with them: what is dialled within a country only is taken off."""
    assert read(NUMBER, f"+{code}{within}{national}") == read(NUMBER, f"+ {code}{within}{national}")


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_countrys_numbers_are_read(region: str) -> None:
    """A number of any country is kept in E.164, whether it is written so or with its usual spaces."""
    number = phonenumbers.example_number(region)
    assert number is not None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    spaced = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    assert (read(NUMBER, e164), read(NUMBER, spaced)) == (e164, e164)


@pytest.mark.parametrize(
    "text",
    [
        "4155552671",
        "001 415 555 2671",
        "(415) 555-2671",
        "tel:+14155552671",
        "+",
        "+1",
        "+1 415 555",
        "+1 415 555 2671 2671 2671",
        "+999 415 555 2671",
        "+ABCDEFGHIJK",
        "call me",
        "+1 415 555 2671 ext. 5",
        "+1 415 555 2671;ext=5",
        "+1 415 555 2671 x5",
        "+1 415 555 2671 / x5",
        "+1 415 555 2671;isub=5",
        "+1 415 555 2671, +1 415 555 2672",
        "+14155552671" + "0" * 200,
    ],
)
def test_what_is_not_one_whole_number_is_refused(text: str) -> None:
    """A number without its country code, too short, too long, or with more than E.164 can hold is refused."""
    assert read(NUMBER, text) == "INVALID_PHONE_NUMBER"


@unhurried
@given(st.text(max_size=3))
@example("ß")
@example("\ufb01")
@example("u\u017f")
@example("\u0131t")
@example("\uff26\uff32")
def test_a_country_is_two_letters_of_iso(text: str) -> None:
    """A text is refused, or is a country's two ASCII letters in any case and kept in upper case."""
    kept = read(COUNTRY, text)

    if not isinstance(kept, IssueCode):
        assert text.strip().isascii()
        assert kept == text.strip().upper()
        assert len(kept) == 2


def test_every_country_of_iso_is_known() -> None:
    """Of all pairs of letters, the 249 that ISO 3166-1 has assigned are countries."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    pairs = [first + second for first in letters for second in letters]
    known = {pair for pair in pairs if read(COUNTRY, pair) == pair}

    assert len(known) == 249
    assert known >= {"AX", "BQ", "CW", "FR", "GB", "GG", "HK", "MF", "SS", "SX", "TW", "UM", "US", "ZW"}
    assert known == {pair for pair in pairs if read(COUNTRY, pair.lower()) == pair}


@pytest.mark.parametrize(
    "text", ["XX", "ZZ", "XK", "UK", "EU", "AC", "TA", "AN", "SU", "USA", "Germany", "1", "U", "U S"]
)
def test_other_codes_are_not_countries(text: str) -> None:
    """Reserved, withdrawn, user-assigned and longer codes are refused, names too."""
    assert read(COUNTRY, text) == "INVALID_COUNTRY"


@pytest.mark.parametrize(
    ("country", "fitting", "others"),
    [
        (
            "US",
            ["94105", "94105-1234"],
            ["9410", "941051", "ABCDE", "94105-12", "SW1A 1AA", "\u0669\u0664\u0661\u0660\u0665"],
        ),
        ("GB", ["SW1A 1AA", "sw1a 1aa", "SW1A1AA"], ["94105", "SW1A", "SW1A 1A", "SW1A 1AAA"]),
        ("DE", ["10117"], ["1011", "D-10117", "101170", "\uff11\uff10\uff11\uff11\uff17"]),
        ("FR", ["75002", "75 002"], ["7500", "F-75002", "750022"]),
        ("CA", ["K1A 0B1", "k1a0b1"], ["K1A", "94105", "D1A 0B1"]),
        ("NL", ["1012 AB", "1012AB"], ["1012", "AB1012"]),
        ("JP", ["100-0001", "1000001"], ["100", "100-00011"]),
        ("HK", ["999077", "none", "0"], []),
        ("AE", ["00000", "none"], []),
    ],
)
def test_a_postal_code_fits_its_country(country: str, fitting: list[str], others: list[str]) -> None:
    """A country's own format is asked for; where there is none, any code is taken."""
    assert [code for code in fitting + others if postal_code_fits(code, country)] == fitting
