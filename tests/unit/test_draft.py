"""Drafts: an input is a valid one, or every value at fault is named."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.draft import (
    MOST_CONTACTS,
    AddressDraft,
    CustomerDeletion,
    CustomerDraft,
    CustomerPatch,
    Draft,
    EmailPatch,
    EmailRemoval,
    NewEmail,
    NewPhoneNumber,
    PhoneNumberPatch,
    PhoneNumberRemoval,
    customer_id,
)
from models.errors import InvalidInput, Issue

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
NAMES = {"first_name": "Ada", "last_name": "Lovelace"}
DRAFTS: list[type[Draft]] = [
    CustomerDraft,
    CustomerPatch,
    CustomerDeletion,
    NewEmail,
    EmailPatch,
    EmailRemoval,
    NewPhoneNumber,
    PhoneNumberPatch,
    PhoneNumberRemoval,
]

TEXTS = st.sampled_from(
    ["Ada", " ", "\0", "\ud800", "ada@example.com", "+4930123456", "FR", "75002", ID, "1"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.text(st.characters(), max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(TEXTS, values, max_size=3),
    max_leaves=5,
)


def fields(draft: type[Draft]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(draft.model_fields, TEXTS | ANYTHING))


def outcome(draft: type[Draft], values: dict[str, Any]) -> Draft | tuple[Issue, ...]:
    try:
        return draft.of(values)
    except InvalidInput as refused:
        return refused.issues


def issues(draft: type[Draft], values: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the issues of values that are refused, each as its path with dots and its code."""
    refused = outcome(draft, values)
    assert isinstance(refused, tuple), refused
    assert all(issue.message for issue in refused)
    return [(".".join(issue.path), issue.code.value) for issue in refused]


@unhurried
@given(st.sampled_from(DRAFTS).flatmap(lambda draft: st.tuples(st.just(draft), fields(draft))))
def test_any_values_are_a_draft_or_named_as_faults(case: tuple[type[Draft], dict[str, Any]]) -> None:
    """Whatever the values are, they make a draft, or an InvalidInput whose every path begins at a field."""
    draft, values = case

    made = outcome(draft, values)

    if isinstance(made, Draft):
        assert made.model_fields_set == values.keys()
    else:
        assert made
        assert all(issue.path[0] in draft.model_fields and issue.message for issue in made)


@unhurried
@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from([None, False, True])), max_size=5),
    st.lists(st.sampled_from("012345678"), max_size=5),
)
def test_contacts_are_each_there_once_with_one_primary(
    emails: list[tuple[str, bool | None]], numbers: list[str]
) -> None:
    """Repeats and further primary addresses are named by their position; otherwise one address is primary."""
    values = NAMES | {
        "emails": [{"email": f"{name}@example.com", "is_primary": primary} for name, primary in emails],
        "phone_numbers": [{"type": "work", "number": f"+493012345{last}"} for last in numbers],
    }
    names = [name for name, _ in emails]
    primaries = [position for position, (_, primary) in enumerate(emails) if primary]
    expected = [
        *((f"emails.{i}.email", "DUPLICATE") for i, name in enumerate(names) if name in names[:i]),
        *((f"emails.{i}.is_primary", "MULTIPLE_PRIMARY") for i in primaries[1:]),
        *(
            (f"phone_numbers.{i}.number", "DUPLICATE")
            for i, last in enumerate(numbers)
            if last in numbers[:i]
        ),
    ]

    if expected:
        assert issues(CustomerDraft, values) == expected
    else:
        flags = CustomerDraft.of(values).primary_flags
        assert [i for i, flag in enumerate(flags) if flag] == (primaries or [0])[: len(emails)]


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("emails", [{"email": f"{i}@example.com"} for i in range(MOST_CONTACTS)], {"email": "none"}),
        (
            "phone_numbers",
            [{"type": "work", "number": f"+4930{i:06}"} for i in range(123456, 123456 + MOST_CONTACTS)],
            {"type": "", "number": "none"},
        ),
    ],
)
def test_contacts_are_counted_before_they_are_read(
    field: str, good: list[dict[str, str]], bad: dict[str, str]
) -> None:
    """A hundred are taken; more are one issue, however many of them are wrong."""
    assert len(getattr(CustomerDraft.of(NAMES | {field: good}), field)) == MOST_CONTACTS
    for items in ([*good, good[0]], [*good, bad], [bad] * (MOST_CONTACTS + 1), [bad] * 10_000):
        assert issues(CustomerDraft, NAMES | {field: items}) == [(field, "TOO_MANY")]


@pytest.mark.parametrize("draft", DRAFTS)
def test_what_is_missing_is_named(draft: type[Draft]) -> None:
    """A field that a draft cannot do without is REQUIRED, all others may be left out."""
    required = [name for name, field in draft.model_fields.items() if field.is_required()]

    assert required
    assert issues(draft, {}) == [(name, "REQUIRED") for name in required]


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (CustomerPatch, "first_name"),
        (CustomerPatch, "last_name"),
        (EmailPatch, "email"),
        (PhoneNumberPatch, "type"),
        (PhoneNumberPatch, "number"),
    ],
)
def test_what_cannot_be_cleared_is_required(draft: type[Draft], field: str) -> None:
    """None in place of a value that every record has is REQUIRED."""
    assert (field, "REQUIRED") in issues(draft, {field: None})


def test_a_draft_cannot_be_changed() -> None:
    """A draft that is valid stays valid."""
    draft = CustomerDraft.of(NAMES)

    with pytest.raises(ValueError, match="frozen"):
        draft.first_name = ""


def test_a_postal_code_is_judged_by_its_own_country() -> None:
    """The format is that of the address's country, which is judged alone where it is not one."""
    address = {"line1": "1 Main St", "city": "Somewhere", "state": "CA", "postal_code": "94105"}

    assert AddressDraft.of(address | {"country": "us"}).country == "US"
    assert issues(AddressDraft, address | {"country": "GB"}) == [("postal_code", "INVALID_POSTAL_CODE")]
    assert issues(AddressDraft, address | {"country": "XX"}) == [("country", "INVALID_COUNTRY")]


@unhurried
@given(st.uuids())
def test_a_customers_id_is_read_in_any_case(id_: UUID) -> None:
    """An id is read as it was written, in upper case too."""
    assert customer_id(str(id_)) == customer_id(str(id_).upper()) == id_


@unhurried
@given(st.integers(0, 35), st.characters() | st.sampled_from("-_ +x{}\u0663\uff11"))
def test_an_id_is_read_in_no_other_form(position: int, character: str) -> None:
    """A text of an id's length is an id only if it is exactly how that id is written."""
    text = ID[:position] + character + ID[position + 1 :]

    try:
        read = customer_id(text)
    except ValueError:
        return
    assert str(read) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "5",
        ID[:-1],
        f"{ID}0",
        f" {ID}",
        f"{{{ID}}}",
        f"urn:uuid:{ID}",
        ID.replace("-", ""),
        ID.replace("-", "") + "----",
        "7c9e66797425-40de-944b-e07fc1f90ae7-",
        "7c9e_679-7425-40de-944b-e07fc1f90ae7",
        "+c9e6679-7425-40de-944b-e07fc1f90ae7",
        "0x9e6679-7425-40de-944b-e07fc1f90ae7",
        ID[:-1] + "\0",
        "a" * 1_000_000,
        None,
        5,
        UUID(ID),
    ],
    ids=lambda text: ascii(text)[:40],
)
def test_what_is_not_a_customers_id_is_refused(text: object) -> None:
    """Anything but the 36 characters of a UUID is INVALID_ID."""
    with pytest.raises(ValueError, match="UUID"):
        customer_id(text)
    assert issues(CustomerDeletion, {"id": text}) == [("id", "INVALID_ID")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "-1",
        "+1",
        "1.0",
        "1e3",
        "0x1",
        "1_0",
        "\u0663",
        "\u00b2",
        "1\0",
        "9" * 19,
        "9" * 5_000,
        1,
        None,
    ],
    ids=lambda text: ascii(text)[:40],
)
def test_what_is_not_a_whole_number_is_no_serial_id(text: object) -> None:
    """The id of an address or number is ASCII digits, no more than PostgreSQL's bigint can hold."""
    assert issues(EmailRemoval, {"customer_id": ID, "email_id": text}) == [("email_id", "INVALID_ID")]


def test_the_largest_serial_id_fits_postgresql() -> None:
    """Each id that is read fits a bigint."""
    assert EmailRemoval.of({"customer_id": ID, "email_id": "9" * 18}).email_id < 2**63
