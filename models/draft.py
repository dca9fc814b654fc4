"""What callers may ask for, checked: the inputs of the customer service.

A draft that exists is valid. `Draft.of` turns plain values into one or raises `InvalidInput` with the
path of every value at fault.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StrictBool,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import InitErrorDetails

from models.errors import InvalidInput, Issue, IssueCode
from models.text import (
    CountryCode,
    EmailAddress,
    PhoneNumber,
    Text20,
    Text100,
    Text255,
    postal_code_fits,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails, PydanticCustomError

MOST_CONTACTS = 100
"""How many e-mail addresses, and how many phone numbers, one customer may have."""

_BUILT_IN = {
    "missing": (IssueCode.REQUIRED, "Give a value."),
    "string_unicode": (IssueCode.INVALID_CHARACTER, "Remove broken characters."),
}
_CUSTOMER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_SERIAL_ID_LENGTH = 18


def _issue(error: ErrorDetails) -> Issue:
    kind = error["type"]
    path = tuple(map(str, error["loc"]))
    if kind in IssueCode.__members__:
        return Issue(path, IssueCode(kind), error["msg"])
    return Issue(
        path, *_BUILT_IN.get(kind, (IssueCode.INVALID_VALUE, "Give a value of the documented type."))
    )


def _given(value: object) -> object:
    if value is None:
        raise refused(IssueCode.REQUIRED, "Leave this out to keep it as it is; it cannot be removed.")
    return value


def customer_id(text: object) -> UUID:
    """Return the id of a customer from its usual form, 36 characters in any case.

    Raises:
        PydanticCustomError: INVALID_ID, which is a ValueError.
    """
    # UUID() would read much else: braces, "urn:uuid:", hyphens anywhere, what int() takes for digits.
    if isinstance(text, str) and _CUSTOMER_ID.fullmatch(text):
        return UUID(text)
    raise refused(IssueCode.INVALID_ID, "Give the customer's id as it was read: a UUID.")


def _serial(text: object) -> object:
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= _SERIAL_ID_LENGTH:
        return int(text)
    raise refused(IssueCode.INVALID_ID, "Give the id as it was read: a whole number.")


def _only_true(value: object) -> object:
    if value is False:
        raise refused(IssueCode.INVALID_VALUE, "Make another address the primary one instead.")
    return value


CustomerId = Annotated[UUID, BeforeValidator(customer_id)]
SerialId = Annotated[int, BeforeValidator(_serial)]
Given = BeforeValidator(_given)


def _fault(position: int, field: str, error: PydanticCustomError) -> InitErrorDetails:
    return InitErrorDetails(type=error, loc=(position, field), input=None)


def _repeats(field: str, values: Sequence[str]) -> list[InitErrorDetails]:
    repeats = [position for position, value in enumerate(values) if value in values[:position]]
    if not repeats:
        return []
    error = refused(IssueCode.DUPLICATE, "Give each one once; this one stands further up already.")
    return [_fault(position, field, error) for position in repeats]


def _raise(faults: list[InitErrorDetails]) -> None:
    if faults:
        raise ValidationError.from_exception_data("draft", faults)


class Draft(BaseModel):
    """A checked input; the fields that were left out are not in `model_fields_set`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the draft of plain values.

        Raises:
            InvalidInput: with one issue for each value at fault.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_context=False, include_input=False)
            raise InvalidInput([_issue(item) for item in errors]) from None


class EmailDraft(Draft):
    """An e-mail address to keep."""

    email: EmailAddress
    is_primary: StrictBool | None = None


class PhoneNumberDraft(Draft):
    """A phone number to keep, `type` being a label such as "mobile"."""

    type: Text20
    number: PhoneNumber


class AddressDraft(Draft):
    """A postal address, replaced as a whole."""

    line1: Text255
    line2: Text255 | None = None
    city: Text100
    state: Text100
    country: CountryCode
    postal_code: Text20

    @field_validator("postal_code", mode="after")
    @classmethod
    def _fits_country(cls, postal_code: str, info: ValidationInfo) -> str:
        country = info.data.get("country")
        if country and not postal_code_fits(postal_code, country):
            raise refused(
                IssueCode.INVALID_POSTAL_CODE, "Give a postal code in the format of the address's country."
            )
        return postal_code


class PrivacySettingsDraft(Draft):
    """What a customer agrees to, replaced as a whole."""

    marketing_emails_enabled: StrictBool
    two_factor_enabled: StrictBool


class CustomerDraft(Draft):
    """A whole customer to create."""

    first_name: Text255
    middle_name: Text255 | None = None
    last_name: Text255
    emails: tuple[EmailDraft, ...] = ()
    phone_numbers: tuple[PhoneNumberDraft, ...] = ()
    address: AddressDraft | None = None
    privacy_settings: PrivacySettingsDraft | None = None
    idempotency_key: Text255 | None = None

    @field_validator("emails", "phone_numbers", mode="before")
    @classmethod
    def _few_or_none(cls, items: object) -> object:
        # Counted here, before each of them is read.
        if isinstance(items, list) and len(items) > MOST_CONTACTS:
            raise refused(IssueCode.TOO_MANY, f"Give at most {MOST_CONTACTS}.")
        return () if items is None else items

    @field_validator("emails", mode="after")
    @classmethod
    def _one_primary_each_once(cls, emails: tuple[EmailDraft, ...]) -> tuple[EmailDraft, ...]:
        faults = _repeats("email", [email.email for email in emails])
        primary = [position for position, email in enumerate(emails) if email.is_primary]
        if len(primary) > 1:
            error = refused(IssueCode.MULTIPLE_PRIMARY, "Make only one e-mail address the primary one.")
            faults += [_fault(position, "is_primary", error) for position in primary[1:]]
        _raise(faults)
        return emails

    @field_validator("phone_numbers", mode="after")
    @classmethod
    def _each_once(cls, phone_numbers: tuple[PhoneNumberDraft, ...]) -> tuple[PhoneNumberDraft, ...]:
        _raise(_repeats("number", [phone_number.number for phone_number in phone_numbers]))
        return phone_numbers

    @property
    def primary_flags(self) -> list[bool]:
        """For each of `emails` whether it is the primary one: the one that says so, else the first."""
        flags = [bool(email.is_primary) for email in self.emails]
        return flags if True in flags else [position == 0 for position in range(len(flags))]


class Change(Draft):
    """A change to a customer; with `expected_updated_at`, only if the customer is still that version."""

    expected_updated_at: AwareDatetime | None = None


class CustomerPatch(Change):
    """New values for a customer: a field left out stays as it is, None clears it."""

    id: CustomerId
    first_name: Annotated[Text255, Given] = ""
    middle_name: Text255 | None = None
    last_name: Annotated[Text255, Given] = ""
    address: AddressDraft | None = None
    privacy_settings: PrivacySettingsDraft | None = None


class CustomerDeletion(Change):
    """A customer to delete, with all that it owns."""

    id: CustomerId


class ContactChange(Change):
    """A change to one of a customer's e-mail addresses or phone numbers."""

    customer_id: CustomerId


class NewEmail(ContactChange, EmailDraft):
    """An e-mail address to add."""


class EmailPatch(ContactChange):
    """New values for an e-mail address: a field left out stays as it is."""

    email_id: SerialId
    email: Annotated[EmailAddress, Given] = ""
    is_primary: Annotated[StrictBool | None, BeforeValidator(_only_true)] = None


class EmailRemoval(ContactChange):
    """An e-mail address to remove."""

    email_id: SerialId


class NewPhoneNumber(ContactChange, PhoneNumberDraft):
    """A phone number to add."""


class PhoneNumberPatch(ContactChange):
    """New values for a phone number: a field left out stays as it is."""

    phone_number_id: SerialId
    type: Annotated[Text20, Given] = ""
    number: Annotated[PhoneNumber, Given] = ""


class PhoneNumberRemoval(ContactChange):
    """A phone number to remove."""

    phone_number_id: SerialId
