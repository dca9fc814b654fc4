"""The benchmark's arithmetic, what it reads of wrk, and what it takes for the same data."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from bench.agreement import difference
from bench.load import LoadFailed, Wrk, parsed
from bench.measure import Measurement
from bench.report import RATE, Results, tables
from bench.workloads import CREATE, Values, customer_input, filled

if TYPE_CHECKING:
    from collections.abc import Iterator

RATES = {"ours": 1_000.0, "floor": 4_000.0}
SEEN = {"requests": 500, "microseconds": 2_000_000, "p50": 1_500, "p99": 30_250, "failed": 0, "wrong": 0}


def output(**seen: object) -> str:
    return f"Running 2s test\n  Requests/sec: 250\n\nRESULT {json.dumps(SEEN | {'example': ''} | seen)}\n"


def measurement(contestant: str, number: int, rate: float, workload: str = "W1") -> Measurement:
    return Measurement(contestant, workload, number, 100, rate, 1.0, 2.0, 0.5, 64.0)


def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key at which a plain value stands."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from leaves(inner)
        else:
            yield value, key


def test_what_wrk_saw_is_read_in_milliseconds_and_seconds() -> None:
    """Microseconds become milliseconds, and the rate is answers through seconds."""
    load = parsed(output())

    assert (load.requests, load.seconds, load.p50, load.p99) == (500, 2.0, 1.5, 30.25)
    assert load.requests_per_second == 250.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (output(failed=3), "3 failed"),
        (output(wrong=2, example="no such field"), "2 had a wrong answer, such as: no such field"),
        (output(requests=0), "no request was answered"),
        ("unable to connect to 127.0.0.1:1 Connection refused", "Connection refused"),
    ],
)
def test_a_load_that_failed_is_no_measurement(text: str, said: str) -> None:
    """Failed requests, wrong answers, none at all and a wrk that gave up are errors that say so."""
    with pytest.raises(LoadFailed, match=said):
        parsed(text)


def test_a_missing_wrk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without wrk, the error says how to install it."""
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(LoadFailed, match=r"apt-get install wrk, or brew install wrk"):
        Wrk(16)


def test_ratios_are_taken_within_rounds() -> None:
    """A number is the median of the rounds, a ratio the median of their ratios, whatever drifts."""
    # A machine ten times as slow in the second round; the median of each by itself would be 30/100.
    results = Results(
        [
            *(measurement("ours", number, rate) for number, rate in enumerate([30, 5, 60])),
            *(measurement("floor", number, rate) for number, rate in enumerate([100, 10, 100])),
        ]
    )

    assert results.number("ours", "W1", RATE) == 30
    assert results.ratio("ours", "W1", RATE, "floor") == 0.5
    assert results.ratio("floor", "W1", RATE, "ours") == 2.0


def test_tables_have_numbers_and_ratios() -> None:
    """Each contestant has a row and each workload a column, in the order in which they were measured."""
    results = Results(
        [measurement(name, 1, rate, workload) for workload in ("W1", "W5") for name, rate in RATES.items()]
    )

    head, rule, *rows = tables(results, ["ours", "floor"]).splitlines()[2:6]

    assert head == "| | W1 | W5 |"
    assert rule == "|---|---|---|"
    assert rows == [
        "| ours | 1,000 (1.00, 0.25) | 1,000 (1.00, 0.25) |",
        "| floor | 4,000 (4.00, 1.00) | 4,000 (4.00, 1.00) |",
    ]


def test_any_altered_value_is_a_difference() -> None:
    """A value that changed, changed its type, is missing, is new or stands elsewhere is found, and named."""
    wanted = {"customers": [{"id": "1", "middleName": None, "emails": [{"isPrimary": True}]}, {"id": "2"}]}
    assert difference(copy.deepcopy(wanted), wanted) is None

    for position, (_, key) in enumerate(leaves(wanted)):
        for altered in ("other", 1, 1.0, False):
            got = copy.deepcopy(wanted)
            place, _ = list(leaves(got))[position]
            place[key] = altered
            found = difference(got, wanted)
            assert found
            assert f".{key} is {altered!r}" in found
    swapped = {"customers": wanted["customers"][::-1]}
    assert difference(swapped, wanted) == (
        "data.customers[0] has ['id'] in place of ['emails', 'id', 'middleName']"
    )
    shorter = {"customers": wanted["customers"][:1]}
    assert difference(shorter, wanted) == "data.customers has 1 items in place of 2"


def test_creations_differ_from_request_to_request() -> None:
    """The digits of a customer to create are left to the load, and nothing else in a body looks like them."""
    customer = {
        "id": "1",
        "firstName": "Ada",
        "middleName": None,
        "lastName": "Lovelace",
        "address": {"line1": "1 Main Street"},
        "privacySettings": {"twoFactorEnabled": True},
    }
    value = customer_input(customer)

    [body] = Values([], [value]).bodies(CREATE)
    first, second = (filled(value, Random(seed)) for seed in (1, 2))  # noqa: S311 - no secret

    assert body.count("#") == 10 + 10 + 6 + 6
    assert "#" not in json.dumps(first)
    assert first["emails"] != second["emails"]
    assert {name: first[name] for name in ("firstName", "address")} == {
        name: customer[name] for name in ("firstName", "address")
    }
