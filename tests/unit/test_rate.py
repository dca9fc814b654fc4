"""How often a client may call: counted per client, with a wait that is enough, in bounded memory."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import rate
from api.rate import RateLimit, identify

MIDNIGHT = 1_800_000_000.0
"""A moment at which a second, a minute and an hour begin."""


class Clock:
    """Time as the test says it is."""

    def __init__(self) -> None:
        self.now = MIDNIGHT

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


def hits(limit: RateLimit, name: str, count: int) -> list[bool]:
    """For each of several requests in a row whether it may go on."""
    return [limit.hit(name, None) == 0 for _ in range(count)]


@pytest.mark.usefixtures("clock")
def test_no_more_than_the_rate() -> None:
    """A client gets as many requests as the rate says, and each one after them is told to wait."""
    assert hits(RateLimit("5/minute"), "ann", 8) == [True] * 5 + [False] * 3


@pytest.mark.usefixtures("clock")
def test_clients_are_counted_apart() -> None:
    """What one client uses up is not taken from another."""
    limit = RateLimit("2/minute")
    assert hits(limit, "ann", 3) == [True, True, False]
    assert hits(limit, "bob", 3) == [True, True, False]


@pytest.mark.usefixtures("clock")
def test_limits_are_counted_apart() -> None:
    """Two limits of one process share nothing."""
    assert RateLimit("1/minute").hit("ann", None) == 0
    assert RateLimit("1/minute").hit("ann", None) == 0


@pytest.mark.parametrize(("unit", "seconds"), [("second", 1), ("minute", 60), ("hour", 3_600)])
def test_the_units(clock: Clock, unit: str, seconds: int) -> None:
    """A rate is per second, minute, hour or day; what was used as a window began is back after the next."""
    limit = RateLimit(f"3/{unit}")
    assert hits(limit, "ann", 4) == [True] * 3 + [False]
    clock.now += seconds - 0.5
    assert limit.hit("ann", None)
    clock.now += seconds + 0.5
    assert hits(limit, "ann", 4) == [True] * 3 + [False]


def test_no_second_rush_when_a_window_ends(clock: Clock) -> None:
    """Who used the whole rate just before the clock struck does not get it again just after."""
    clock.now += 59
    limit = RateLimit("100/minute")
    assert all(hits(limit, "ann", 100))
    clock.now += 2
    # One second of the new window has passed, and a sixtieth of 100 is back.
    assert sum(hits(limit, "ann", 100)) == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    amount=st.integers(1, 20),
    pauses=st.lists(st.tuples(st.floats(0, 90), st.integers(1, 25)), min_size=1, max_size=8),
)
def test_waiting_as_told(clock: Clock, amount: int, pauses: list[tuple[float, int]]) -> None:
    """The wait, at most a window and a second, is enough, and a second less is not."""
    limit = RateLimit(f"{amount}/minute")
    clock.now = MIDNIGHT
    wait = 0
    for pause, requests in pauses:
        clock.now += pause
        wait = [limit.hit("ann", None) for _ in range(requests)][-1]
    assert 0 <= wait <= 61
    if wait > 1:
        clock.now += wait - 1.001
        assert limit.hit("ann", None)
        clock.now += 1.001
    else:
        clock.now += wait
    if wait:
        assert limit.hit("ann", None) == 0


def test_refusals_are_not_counted(clock: Clock) -> None:
    """Who goes on trying while waiting is served as early as who does not."""
    limit = RateLimit("5/minute")
    hits(limit, "ann", 5)
    wait = limit.hit("ann", None)
    for _ in range(wait - 1):
        clock.now += 1
        assert limit.hit("ann", None)
    clock.now += 1
    assert limit.hit("ann", None) == 0


def test_memory_and_threads_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many clients call, so many counters are kept, and no thread is started."""
    monkeypatch.setattr(rate, "COUNTERS", 100)
    threads = threading.active_count()
    limit = RateLimit("2/minute")
    for number in range(1_000):
        assert limit.hit(f"client {number}", None) == 0
        assert threading.active_count() == threads
    assert len(limit._counters._counts) == 100


@pytest.mark.usefixtures("clock")
def test_who_calls_often_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that floods stays counted while new clients push out those not seen for the longest."""
    monkeypatch.setattr(rate, "COUNTERS", 10)
    limit = RateLimit("20/minute")
    allowed = 0
    for number in range(100):
        allowed += limit.hit("flood", None) == 0
        limit.hit(f"client {number}", None)
    assert allowed == 20


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:0DB8:0:0:8000::", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("a socket", "another", False),
        (None, "192.0.2.1", False),
    ],
)
def test_addresses(one: str | None, other: str, same: bool) -> None:
    """An address counts as one client, of IPv6 all with the same first 64 bits, in whatever way written."""
    assert (identify(None, one) == identify(None, other)) is same


def test_subjects() -> None:
    """A token's subject counts wherever it calls from, and none passes for another or for an address."""
    assert identify("ann", "192.0.2.1") == identify("ann", "192.0.2.2")
    subjects = [
        "ann",
        "bob",
        "192.0.2.1",
        "address 192.0.2.1",
        "",
        "x" * 64,
        "x" * 65,
        "x" * 66,
        "\ud800" * 65,
    ]
    keys = {identify(subject, None) for subject in subjects} | {identify(None, "192.0.2.1")}
    assert len(keys) == len(subjects) + 1


def test_a_long_subject_takes_little_memory() -> None:
    """What is kept of a client has a bounded length, however long its subject is."""
    assert len(identify("x" * 10_000, None)) < 100
