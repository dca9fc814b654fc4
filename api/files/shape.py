"""How files name what customers consist of: as GraphQL's CreateCustomerInput does.

All is derived from `CustomerDraft`, so a field added there is in files too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from inspect import isclass
from typing import TYPE_CHECKING, Any, get_args, get_origin

from strawberry.utils.str_converters import to_camel_case

from models.draft import CustomerDraft, Draft
from models.errors import InvalidInput, Issue, IssueCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.customer import Customer

    Path = tuple[str, ...]
    Shape = Mapping[str, "Field"]

READ_ONLY = ("id", "createdAt", "updatedAt")
"""What files hold beside the input; it says which customer was exported, and when it was what it is."""

_NAME_LENGTH = 100
_UNKNOWN = 10


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a draft: its name in Python, whether it is a boolean or a list, and what it consists of."""

    name: str
    required: bool
    boolean: bool
    many: bool
    fields: Shape


def _shape(draft: type[Draft]) -> Shape:
    return {to_camel_case(name): _field(name, draft) for name in draft.model_fields}


def _field(name: str, draft: type[Draft]) -> Field:
    info = draft.model_fields[name]
    parts = set(_parts(info.annotation))
    nested = next((part for part in parts if isclass(part) and issubclass(part, Draft)), None)
    return Field(
        name=name,
        required=info.is_required(),
        boolean=bool in parts,
        many=get_origin(info.annotation) is tuple,
        fields=_shape(nested) if nested else {},
    )


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


CUSTOMER: Shape = _shape(CustomerDraft)
"""The fields of a customer by their names in files."""


def draft(record: object) -> CustomerDraft:
    """Return the customer that a record of a file asks for; `READ_ONLY` is passed over.

    Raises:
        InvalidInput: with one issue for each value at fault, unknown fields included.
    """
    if not isinstance(record, dict):
        raise InvalidInput([Issue((), IssueCode.INVALID_VALUE, "Write each customer as one JSON object.")])
    given = {name: value for name, value in record.items() if name not in READ_ONLY}
    unknown: list[Path] = []
    values = _renamed(given, CUSTOMER, (), unknown)
    issues = [
        Issue(path, IssueCode.INVALID_VALUE, "There is no such field; leave it out.") for path in unknown
    ]
    try:
        made = checked(values)
    except InvalidInput as error:
        raise InvalidInput([*issues, *error.issues]) from None
    if issues:
        raise InvalidInput(issues)
    return made


def checked(values: Mapping[str, Any]) -> CustomerDraft:
    """Return the draft of values by their names in Python.

    Raises:
        InvalidInput: with paths as files write them.
    """
    try:
        return CustomerDraft.of(values)
    except InvalidInput as error:
        raise InvalidInput(
            [replace(issue, path=tuple(map(to_camel_case, issue.path))) for issue in error.issues]
        ) from None


def _renamed(given: dict[str, Any], shape: Shape, path: Path, unknown: list[Path]) -> dict[str, Any]:
    """Return values by their fields' names in Python, and note the first paths that are of no field."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        field = shape.get(name)
        if field is None:
            if len(unknown) < _UNKNOWN:
                unknown.append((*path, name))
        elif field.many and isinstance(value, list):
            values[field.name] = [
                _renamed(item, field.fields, (*path, name, str(position)), unknown)
                if isinstance(item, dict)
                else item
                for position, item in enumerate(value)
            ]
        elif field.fields and isinstance(value, dict):
            values[field.name] = _renamed(value, field.fields, (*path, name), unknown)
        else:
            values[field.name] = value
    return values


def record(customer: Customer) -> dict[str, Any]:
    """Return the record of a customer whose related fields have all been fetched."""
    at = {"createdAt": customer.created_at, "updatedAt": customer.updated_at}
    return {
        "id": str(customer.id),
        **_values(customer, CUSTOMER),
        **{name: moment.isoformat(timespec="microseconds") for name, moment in at.items()},
    }


def _values(of: object, shape: Shape) -> dict[str, Any]:
    # An idempotency key is not the customer's: it belongs to the request that created it.
    return {
        name: _value(getattr(of, field.name), field)
        for name, field in shape.items()
        if name != "idempotencyKey"
    }


def _value(value: Any, field: Field) -> Any:
    if field.many:
        return [_values(item, field.fields) for item in value]
    return _values(value, field.fields) if field.fields and value is not None else value


def place(path: Sequence[str]) -> str:
    """Return the path of an issue as a header has it, safe to print: `emails.0.isPrimary`."""
    text = ".".join(path)
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= _NAME_LENGTH else text[:_NAME_LENGTH] + "…"
