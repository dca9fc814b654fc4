"""Looking for what was sent: what the look into the logs of all services rests on."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.sent import Sent


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "Zoë said \\"hi\\""}',
        '{"event": "Zo\\u00eb said \\"hi\\""}',
        'psycopg: Zoë said "hi"',
        '{"request_id": "Zoë said \\"hi\\""}',
        '{"event": ["+493012345"]}',
        '{"event": "from 10115 Berlin"}',
        '{"event": "abc.def"}',
    ],
)
def test_what_was_sent_is_found(line: str) -> None:
    """Strings of variables and documents, and tokens, are found in a log however they are escaped."""
    sent = Sent()
    query = 'query { customers(search: "from 10115 Berlin") { totalCount } }'
    variables = {
        "input": [{"firstName": 'Zoë said "hi"', "orderBy": "createCustomer"}, "+49 30 12345", "10115"]
    }
    body = {"query": query, "variables": variables}
    sent(httpx.Request("POST", "http://x", json=body, headers={"authorization": "Bearer abc.def"}))

    assert sent.found_in(line)
    innocent = {
        "timestamp": "2026-01-31T12:00:00.101150Z",
        "cost": 10115,
        "event": "createCustomer firstName",
    }
    assert sent.found_in(json.dumps(innocent)) == []


@pytest.mark.parametrize(
    "word", ["duration_ms", "request", "customers", "LIMIT_EXCEEDED", "aliases", "OPTIONS"]
)
def test_a_word_of_the_log_itself_is_not_found(word: str) -> None:
    """A client that happens to send a word of every log has not got into it."""
    sent = Sent()
    sent(
        httpx.Request(
            "POST", "http://x", json={"query": "{a}", "variables": {"text": word, "other": word + "x"}}
        )
    )

    line = {word: word, "event": "request", "method": "POST"}
    assert sent.found_in(json.dumps(line)) == []
    assert sent.found_in(json.dumps(line | {"event": word + "x"})) == [word + "x"]
