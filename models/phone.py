"""Phone numbers: what is one, as phonenumbers knows it, and its one form."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

import phonenumbers

# There are more patterns than Python's own cache has room for.
phonenumbers.enable_pattern_cache()

_DIGITS: Final = re.compile(r"\+[1-9][0-9]{6,14}")
# Digits and what people and programs put between them. What phonenumbers would read besides, letters and
# extensions for instance, E.164 has no place for.
_NUMBER: Final = re.compile(r"\+[0-9 ().\-/\[\]\u00a0\u00ad\u200b\u2010-\u2015\u2060\u2212\u3000]+")

_KINDS: Final = (
    *("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail"),
    *("fixed_line", "mobile"),
)


def e164(text: str) -> str | None:
    """Return a valid phone number, which begins with + and its country code, in E.164 form; else None."""
    if _is_e164(text):
        return text
    number = _any_number(text)
    if number and phonenumbers.is_valid_number(number):
        return f"+{number.country_code}{phonenumbers.national_significant_number(number)}"
    return None


def _any_number(text: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text) if _NUMBER.fullmatch(text) else None
    except phonenumbers.NumberParseException:
        return None


def _is_e164(text: str) -> bool:
    """Return whether a text is a valid number as it stands, in a tenth of the time of phonenumbers.

    False too where it might take digits off, such as the 0 that is dialled within many countries.
    """
    if not _DIGITS.fullmatch(text):
        return False
    for end in range(2, 5):
        country = _country(int(text[1:end]))
        if country:
            return country.has(text[end:])
    return False


class _Country(NamedTuple):
    """The numbers behind a country code.

    `prefix` is what may be dialled before them within the country. Each of the `regions` has its numbers and,
    if it is told by that, how all of them begin.
    """

    prefix: re.Pattern[str]
    regions: list[tuple[re.Pattern[str] | None, re.Pattern[str]]]

    def has(self, number: str) -> bool:
        """Return whether a number is valid as it stands, as phonenumbers' `is_valid_number` finds out."""
        if self.prefix.match(number):
            return False
        for beginning, numbers in self.regions:
            if beginning is None and numbers.fullmatch(number):
                return True
            if beginning is not None and beginning.match(number):
                return bool(numbers.fullmatch(number))
        return False


@cache
def _country(code: int) -> _Country | None:
    regions = [
        region
        for name in phonenumbers.region_codes_for_country_code(code)
        if (region := phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, name))
    ]
    if not regions:
        return None
    return _Country(
        re.compile(regions[0].national_prefix_for_parsing or "(?!)"),
        [
            (re.compile(region.leading_digits) if region.leading_digits else None, _numbers(region))
            for region in regions
        ],
    )


def _numbers(region: phonenumbers.PhoneMetadata) -> re.Pattern[str]:
    kinds = "|".join([_kind(getattr(region, name)) for name in _KINDS])
    return re.compile(f"(?={_kind(region.general_desc)}\\Z)(?:{kinds})")


def _kind(described: phonenumbers.PhoneNumberDesc | None) -> str:
    if not (described and described.national_number_pattern):
        return "(?!)"
    sizes = "|".join([f".{{{size}}}" for size in described.possible_length])
    return f"(?=(?:{sizes})\\Z)(?:{described.national_number_pattern})"
