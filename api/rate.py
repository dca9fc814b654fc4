"""How often a client may call.

Each process counts for itself: with several, a client gets as many times the rate. What has to hold for all
of them together belongs into the proxy before them.

Counted by a sliding window: two numbers per client, whatever the rate, and no second rush when the clock
strikes, as with fixed windows. A window that remembers each request would take 500 kB for a client that
sends 6,000 a minute.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from hashlib import sha256
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from limits import parse
from limits.storage import MemoryStorage, Storage
from limits.strategies import SlidingWindowCounterRateLimiter

COUNTERS: Final = 50_000
"""Counters that are kept, about 15 MB of them; a client has one or two."""

_LONGEST: Final = 64


class RateLimit:
    """So many requests per second, minute, hour or day for each client."""

    def __init__(self, rate: str) -> None:
        """Take a rate such as `6000/minute`, as `Settings.limit_requests` has it."""
        self._rate = parse(rate)
        self._window = self._rate.get_expiry()
        self._counters = _Counters()
        self._limiter = SlidingWindowCounterRateLimiter(self._counters)

    def hit(self, subject: str | None, address: str | None) -> int:
        """Count a request; return 0, or the whole seconds after which its client may try again.

        The client is the subject of a verified token, or else the address that calls. Requests that are
        refused are not counted: who waits as told is served.
        """
        client = identify(subject, address)
        return 0 if self._limiter.hit(self._rate, client) else self._wait(client)

    def _wait(self, client: str) -> int:
        key = self._rate.key_for(client)
        before, weight, count, lifetime = self._counters.get_sliding_window(key, self._window)
        room = self._rate.amount - count
        if room <= 0:
            wait = lifetime - self._window
        else:
            # Requests of the window before count by the share of it that is less than a window ago.
            wait = weight - room * self._window / before if before else 0
        # limits reckons with fractions of the time since 1970, which are exact to less than a millisecond.
        return max(int(wait + 0.001), 0) + 1


class _Counters(MemoryStorage):
    """The counters used last. A window's number is part of its key, so that none needs to be reset.

    MemoryStorage itself keeps them all until their time is over, up to two days, and has a thread go through
    them every 10 ms.
    """

    def __init__(self) -> None:
        Storage.__init__(self)
        self._counts: OrderedDict[str, int] = OrderedDict()

    def get(self, key: str) -> int:
        count = self._counts.get(key, 0)
        if count:
            # Also of a client that is refused: the counter of one who floods stays.
            self._counts.move_to_end(key)
        return count

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:  # noqa: ARG002 - limits' signature
        count = self._counts[key] = self.get(key) + amount
        if len(self._counts) > COUNTERS:
            self._counts.popitem(last=False)
        return count


def identify(subject: str | None, address: str | None) -> str:
    """Return under which name a client is counted, short whatever the token says.

    Of an IPv6 address it is the first 64 bits: who has one has all that begin like it.
    """
    if subject is None:
        return _network(address or "unknown")
    if len(subject) > _LONGEST:
        subject = sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()
    return f"subject {subject}"


@lru_cache(maxsize=4_096)
def _network(address: str) -> str:
    try:
        ipv6 = IPv6Address(address)
    except AddressValueError:
        return f"address {address}"
    if ipv6.ipv4_mapped:
        return f"address {ipv6.ipv4_mapped}"
    return f"address {IPv6Address(int(ipv6) >> 64 << 64)}/64"
