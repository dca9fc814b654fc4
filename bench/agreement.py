"""Whether contestants answer what the database holds: who does less, or something else, is not measured."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any, Final, Protocol

from bench.workloads import CREATE, FLAT, ONE, PAGE, TRIVIAL, filled

if TYPE_CHECKING:
    from bench.database import Database
    from bench.workloads import Values, Workload

_LOOKED_UP: Final = 20
_CREATED: Final = 3


class Disagreement(Exception):
    """A contestant's answer is not what it should be; the message has the first difference."""


class Asked(Protocol):
    """A contestant as it is asked."""

    name: str

    async def ask(self, workload: Workload, value: object = None) -> Any:
        """Return the data of the answer to one request."""


async def check(contestant: Asked, database: Database, values: Values) -> None:
    """Ask for each workload; what is created is removed again.

    Raises:
        Disagreement: an answer differs from what the database holds, or from what was sent.
    """

    async def compare(workload: Workload, wanted: object, value: object = None) -> None:
        got = await contestant.ask(workload, value)
        _agree(contestant, workload, _normal(got), _normal(wanted))

    await compare(TRIVIAL, {"__typename": "Query"})
    await compare(PAGE, await database.data(PAGE))
    await compare(FLAT, await database.data(FLAT))
    for id_ in values.ids[:_LOOKED_UP]:
        await compare(ONE, await database.data(ONE, id_), id_)
    for number, value in enumerate(values.inputs[:_CREATED]):
        sent = filled(value, Random(number))  # noqa: S311 - nothing here is secret
        created = (await contestant.ask(CREATE, sent))["createCustomer"]
        wanted = {"id": created.get("id")} | sent
        _agree(contestant, CREATE, created, wanted)
        written = (await database.data(ONE, wanted["id"]))["customer"]
        _agree(contestant, CREATE, written, wanted, " in the database")
    await database.remove_created()


def _agree(contestant: Asked, workload: Workload, got: object, wanted: object, where: str = "") -> None:
    if found := difference(got, wanted):
        raise Disagreement(f"{contestant.name}, {workload.name}{where}: {found}")


def difference(got: object, wanted: object, where: str = "data") -> str | None:
    """Return the first difference between two JSON values, or None; types and the order of lists count."""
    found = None
    if type(got) is not type(wanted):
        found = f"{where} is {got!r} in place of {wanted!r}"
    elif isinstance(got, dict) and isinstance(wanted, dict):
        if got.keys() != wanted.keys():
            return f"{where} has {sorted(got)} in place of {sorted(wanted)}"
        found = next(filter(None, (difference(got[k], wanted[k], f"{where}.{k}") for k in wanted)), None)
    elif isinstance(got, list) and isinstance(wanted, list):
        if len(got) != len(wanted):
            return f"{where} has {len(got)} items in place of {len(wanted)}"
        pairs = enumerate(zip(got, wanted, strict=True))
        found = next(filter(None, (difference(g, w, f"{where}[{i}]") for i, (g, w) in pairs)), None)
    elif got != wanted:
        found = f"{where} is {got!r} in place of {wanted!r}"
    return found


def _normal(value: Any, key: str = "") -> Any:
    """Return data in which equal moments are equal, and of a cursor only that there is one."""
    if isinstance(value, dict):
        return {name: _normal(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_normal(inner) for inner in value]
    if key in ("createdAt", "updatedAt"):
        return datetime.fromisoformat(value)
    return bool(value) if key == "endCursor" else value
