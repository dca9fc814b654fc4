"""Ten thousand requests that nobody would think of: none breaks the service, or makes it say too much."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import TYPE_CHECKING, Any, Final

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.e2e.attacks import CODES, LEAK
from tests.e2e.fuzzer import Fuzzer, Sent
from tests.e2e.values import FITTING, TEXTS, Known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.e2e.api import Api
    from tests.service import Service

REQUESTS: Final = 10_000
BATCH: Final = 250
CLIENTS: Final = 4
SECONDS: Final = 30
STATUSES: Final = {200, 400, 405}


def send(service: Service, requests: Sequence[Sent]) -> list[str]:
    """Send requests one after another, and return what is wrong with the answers, one text each."""
    url = service.http.base_url
    connection = http.client.HTTPConnection(url.host, url.port, timeout=SECONDS)
    faults = []
    for sent in requests:
        connection.request(sent.method, sent.target, sent.body, sent.headers)
        response = connection.getresponse()
        text = response.read().decode()
        if fault := wrong(response.status, text):
            faults.append(f"{fault}: {sent}\nwas answered with {response.status}: {text}")
    connection.close()
    return faults


def wrong(status: int, text: str) -> str:
    """Return what is wrong with an answer, or nothing."""
    if status not in STATUSES:
        return "another status"
    answer = json.loads(text)
    errors = answer.get("errors", [])
    if LEAK.search(text):
        return "a leak"
    if not answer.keys() <= {"data", "errors", "extensions"} or not answer.keys() & {"data", "errors"}:
        return "another shape"
    if not errors and (status != 200 or answer["data"] is None):
        return "no error"
    return "" if all(map(is_documented, errors)) else "another error"


def is_documented(error: Any) -> bool:
    return bool(
        error.keys() <= {"message", "locations", "path", "extensions"}
        and error["message"]
        and error["extensions"]["code"] in CODES
    )


def test_nothing_breaks_the_service(service: Service, api: Api) -> None:
    """Every answer has the documented shape, and says neither that we failed nor how we work."""
    known, count = Known(), 0
    service.sent.add(*TEXTS, *(text for texts in FITTING.values() for text in texts))

    # A smaller seed makes no smaller request: there is nothing to shrink.
    @settings(max_examples=REQUESTS // BATCH, deadline=None, phases=[Phase.reuse, Phase.generate])
    @given(st.integers(0, 2**64))
    def attack(seed: int) -> None:
        nonlocal count
        known.look(api)
        fuzzer = Fuzzer(Random(seed), known)  # noqa: S311 - to be the same for the same seed
        requests = [fuzzer.request() for _ in range(BATCH)]
        shares = [requests[start::CLIENTS] for start in range(CLIENTS)]
        faults = [fault for found in clients.map(send, [service] * CLIENTS, shares) for fault in found]
        count += len(requests)
        assert not faults, "\n\n".join(faults)

    with ThreadPoolExecutor(CLIENTS) as clients:
        attack()
    service.sent.add(*known.ids, *known.cursors)
    assert count >= REQUESTS
