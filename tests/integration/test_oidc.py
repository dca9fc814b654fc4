"""AUTH_MODE=oidc before a real issuer: its keys found, kept and renewed, whatever it answers."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import OctKey, RSAKey

from api.auth import PAUSE_SECONDS, KeysUnavailable, Unauthenticated, authenticator
from api.auth.oidc import SIZE, OidcAuthenticator, _is_safe
from api.settings import Settings
from db.settings import SettingsError
from tests.issuer import DISCOVERY, KEYS, Issuer
from tests.tokens import by_hand, claims, token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

LIFETIME = 3_600


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


def settings(issuer: Issuer, **values: Any) -> Settings:
    return Settings.load(auth_mode="oidc", auth_issuer=issuer.address, auth_keys_lifetime=LIFETIME, **values)


@asynccontextmanager
async def running(issuer: Issuer, clock: Clock, patience: float = 10) -> AsyncIterator[OidcAuthenticator]:
    """An authenticator that has asked the issuer once, whatever the answer."""
    async with OidcAuthenticator(settings(issuer), time.time, clock, patience) as oidc:
        await fetched(oidc)
        yield oidc


async def fetched(oidc: OidcAuthenticator) -> None:
    """Wait for the fetch that is under way."""
    assert oidc._fetch
    await asyncio.wait([oidc._fetch])


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "Ed25519"])
async def test_a_token_of_the_issuer_counts(algorithm: str) -> None:
    """A token is let in that is signed with a key the issuer publishes, which is fetched once."""
    with Issuer(algorithm) as issuer:
        async with authenticator(settings(issuer)) as oidc:
            assert oidc
            for subject in ("ada", "grace"):
                assert (await oidc.authenticate(issuer.bearer(sub=subject))).subject == subject
        assert issuer.requests == {DISCOVERY: 1, KEYS: 1}


@pytest.mark.parametrize("claim", [{"iss": "https://other.example"}, {"aud": "other"}, {"exp": 1}])
async def test_claims_are_checked(claim: dict[str, Any], issuer: Issuer, clock: Clock) -> None:
    """The issuer's tokens for others, or of old, are refused."""
    async with running(issuer, clock) as oidc:
        with pytest.raises(Unauthenticated, match=next(iter(claim)) if "exp" not in claim else "expired"):
            await oidc.authenticate(issuer.bearer(**claim))


async def test_rotation(issuer: Issuer, clock: Clock) -> None:
    """A new key is found as soon as a token names it, and the tokens of the withdrawn one cease to count."""
    async with running(issuer, clock) as oidc:
        old = issuer.bearer()
        await oidc.authenticate(old)
        issuer.rotate()
        clock.time = PAUSE_SECONDS
        assert (await oidc.authenticate(issuer.bearer())).subject == "ada"
        with pytest.raises(Unauthenticated, match="kid"):
            await oidc.authenticate(old)
    assert issuer.requests[KEYS] == 2


async def test_keys_have_a_lifetime(issuer: Issuer, clock: Clock) -> None:
    """Keys that are older than AUTH_KEYS_LIFETIME are fetched anew before they check another token."""
    async with running(issuer, clock) as oidc:
        old = issuer.token()
        issuer.rotate()
        clock.time = LIFETIME - 1
        await oidc.authenticate(f"Bearer {old}")
        clock.time = LIFETIME
        with pytest.raises(Unauthenticated, match="kid"):
            await oidc.authenticate(f"bearer {old}")
    assert issuer.requests[KEYS] == 2


async def test_unknown_keys_make_one_fetch(issuer: Issuer, clock: Clock) -> None:
    """However many tokens name an unknown key, at once and after, the issuer is asked once in a while."""

    async def refused(number: int) -> None:
        forged = token(issuer.key, issuer.algorithm, claims(iss=issuer.address), kid=str(number))
        with pytest.raises(Unauthenticated, match="kid"):
            await oidc.authenticate(f"Bearer {forged}")

    async with running(issuer, clock) as oidc:
        await asyncio.gather(*map(refused, range(50)))
        assert issuer.requests[KEYS] == 1
        for fetches in (2, 3):
            clock.time += PAUSE_SECONDS
            await asyncio.gather(*map(refused, range(50)))
            await refused(50)
            assert issuer.requests == {DISCOVERY: fetches, KEYS: fetches}
        assert (await oidc.authenticate(issuer.bearer())).subject == "ada"


async def test_who_leaves_does_not_take_the_keys_along(issuer: Issuer, clock: Clock) -> None:
    """When a request is cancelled that waits for the keys, the others get them all the same."""
    with issuer.hesitating():
        async with OidcAuthenticator(settings(issuer), clock=clock) as oidc:
            requests = [asyncio.create_task(oidc.authenticate(issuer.bearer())) for _ in range(10)]
            done, _ = await asyncio.wait(requests, timeout=0.1)
            assert not done
            requests[0].cancel()
            await asyncio.wait(requests[:1])
            issuer.go()
            for request in requests[1:]:
                assert (await request).subject == "ada"
            assert requests[0].cancelled()
    assert issuer.requests == {DISCOVERY: 1, KEYS: 1}


async def test_a_slow_issuer_delays_nobody_who_has_a_key(issuer: Issuer, clock: Clock) -> None:
    """While an unknown key is looked for, tokens of known ones are let in."""
    async with running(issuer, clock) as oidc:
        known = issuer.bearer()
        issuer.rotate()
        clock.time = PAUSE_SECONDS
        with issuer.hesitating():
            request = asyncio.create_task(oidc.authenticate(issuer.bearer()))
            assert (await oidc.authenticate(known)).subject == "ada"
            assert not request.done()
        assert (await request).subject == "ada"


async def test_an_issuer_that_is_down_at_the_start(
    issuer: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Without any keys, tokens are neither right nor wrong, until the issuer is up and its keys are there."""
    issuer.stop()
    async with running(issuer, clock) as oidc:
        assert "issuer's keys were not fetched" in caplog.text
        for _ in range(3):
            with pytest.raises(KeysUnavailable, match="try again"):
                await oidc.authenticate(issuer.bearer())
        with pytest.raises(Unauthenticated):
            await oidc.authenticate("Bearer rubbish")
        assert len(caplog.records) == 1
        issuer.start()
        clock.time = PAUSE_SECONDS
        assert (await oidc.authenticate(issuer.bearer())).subject == "ada"


async def test_an_issuer_that_goes_down(
    issuer: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Keys that are out of date stay while the issuer is down, which is asked again in a while."""
    async with running(issuer, clock) as oidc:
        issuer.stop()
        clock.time = LIFETIME
        for attempt in range(3):
            for number in range(5):
                bearer = issuer.bearer(sub=f"{attempt}.{number}")
                assert (await oidc.authenticate(bearer)).subject == f"{attempt}.{number}"
            await fetched(oidc)
            assert len(caplog.records) == attempt + 1
            clock.time += PAUSE_SECONDS
        old = issuer.bearer(sub="eve")
        issuer.rotate()
        with pytest.raises(KeysUnavailable):
            await oidc.authenticate(issuer.bearer())
        issuer.start()
        clock.time += PAUSE_SECONDS
        assert (await oidc.authenticate(issuer.bearer())).subject == "ada"
        with pytest.raises(Unauthenticated, match="kid"):
            await oidc.authenticate(old)


async def test_a_hanging_issuer_delays_once(issuer: Issuer, clock: Clock) -> None:
    """When keys that are out of date cannot be renewed, nobody waits for the attempts after the first."""
    async with running(issuer, clock) as oidc:
        with issuer.hesitating():
            clock.time = LIFETIME
            oidc._patience = 0.1
            assert (await oidc.authenticate(issuer.bearer(sub="first"))).subject == "first"
            clock.time += PAUSE_SECONDS
            oidc._patience = 60
            assert (await oidc.authenticate(issuer.bearer(sub="second"))).subject == "second"
            assert oidc._fetch
            assert not oidc._fetch.done()


RUBBISH: dict[str, tuple[str, bytes | int]] = {
    "no document": (DISCOVERY, 404),
    "an error": (DISCOVERY, 500),
    "a redirect": (DISCOVERY, 302),
    "HTML": (DISCOVERY, b"<!doctype html>"),
    "nothing": (DISCOVERY, b""),
    "null": (DISCOVERY, b"null"),
    "a list": (DISCOVERY, b"[]"),
    "nested lists": (DISCOVERY, b"[" * 100_000),
    "no UTF-8": (DISCOVERY, b'{"issuer":"\xff"}'),
    "too much": (DISCOVERY, b" " * (SIZE + 1)),
    "no issuer": (DISCOVERY, b'{"jwks_uri":"ADDRESS/keys"}'),
    "the issuer with a slash": (DISCOVERY, b'{"issuer":"ADDRESS/","jwks_uri":"ADDRESS/keys"}'),
    "no address of keys": (DISCOVERY, b'{"issuer":"ADDRESS"}'),
    "another issuer": (
        DISCOVERY,
        b'{"issuer":"https://evil.example","jwks_uri":"ADDRESS/keys"}',
    ),
    "keys: an error": (KEYS, 503),
    "keys: a redirect": (KEYS, 307),
    "keys: HTML": (KEYS, b"<!doctype html>"),
    "keys: an empty object": (KEYS, b"{}"),
    "keys: a list": (KEYS, b"[]"),
    "keys: an object": (KEYS, b'{"keys":{}}'),
    "keys: too many": (KEYS, b'{"keys":[' + b'{"kty":"RSA"},' * 50_000 + b"{}]}"),
}


@pytest.mark.parametrize(("path", "answer"), RUBBISH.values(), ids=RUBBISH)
async def test_rubbish(
    path: str, answer: bytes | int, issuer: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """What an issuer should not answer counts as no answer, and is logged in one short line."""
    if isinstance(answer, bytes):
        answer = answer.replace(b"ADDRESS", issuer.address.encode())
    issuer.answers[path] = answer
    async with running(issuer, clock) as oidc:
        with pytest.raises(KeysUnavailable):
            await oidc.authenticate(issuer.bearer())
        (record,) = caplog.records
        assert len(record.msg) < 200
        assert not record.args
        assert issuer.requests[path] == 1
        issuer.answers.clear()
        clock.time = PAUSE_SECONDS
        assert (await oidc.authenticate(issuer.bearer())).subject == "ada"
        issuer.answers[path] = answer
        clock.time += LIFETIME
        assert (await oidc.authenticate(issuer.bearer(sub="grace"))).subject == "grace"


@pytest.mark.parametrize(
    "address",
    [
        b'"http://evil.example/keys"',
        b'"file:///etc/passwd"',
        b'"//evil.example"',
        b'"http://["',
        b"7",
        b'"https:"',
    ],
)
async def test_keys_come_from_a_safe_place(
    address: bytes, issuer: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A jwks_uri that anybody on the way could answer for is not asked."""
    document = b'{"issuer":"%b","jwks_uri":%b}' % (issuer.address.encode(), address)
    issuer.answers[DISCOVERY] = document
    async with running(issuer, clock):
        assert "jwks_uri" in caplog.text


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1.evil.example", "http://localhost.evil.example", "https://"]
)
def test_the_issuer_is_in_a_safe_place(address: str) -> None:
    """An issuer that anybody on the way could answer for is refused at the start."""
    with pytest.raises(SettingsError, match="AUTH_ISSUER"):
        authenticator(Settings.load(auth_mode="oidc", auth_issuer=address))


def test_the_keys_are_in_no_less_safe_a_place() -> None:
    """Only an issuer of this machine may have its keys on this machine, without encryption."""
    assert _is_safe("http://127.0.0.1:9/keys", like="http://localhost:8")
    assert not _is_safe("http://127.0.0.1:9/keys", like="https://issuer.example")
    assert _is_safe("https://keys.example/keys", like="https://issuer.example")


async def test_an_answer_that_never_ends(
    issuer: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer that comes byte by byte is given up in time, though each byte comes soon."""
    issuer.trickle = True
    async with running(issuer, clock, patience=0.2) as oidc:
        assert "Timeout" in caplog.text
        with pytest.raises(KeysUnavailable):
            await oidc.authenticate(issuer.bearer())


async def test_keys_that_are_not_for_signatures(issuer: Issuer, clock: Clock) -> None:
    """Keys for encryption, secrets, short and broken ones are left out; the good one beside them is used."""
    secret = OctKey.generate_key()
    issuer.keys = [
        {**secret.as_dict(), "kid": "secret"},
        {**secret.as_dict(), "kid": "secret", "alg": "HS256", "use": "sig"},
        issuer.jwk(kid="encryption", use="enc"),
        issuer.jwk(kid="other", alg="ES384"),
        issuer.jwk(kid="broken", x="A"),
        issuer.jwk(kid="curve", crv="P-1"),
        {"kty": "RSA", "kid": "short", "n": "A" * 100, "e": "AQAB"},
        {"kty": "AKP", "kid": "unheard", "alg": "ML-DSA-44", "pub": "A"},
        {"kid": "nothing"},
        {"kty": ["EC"]},
        None,
        "key",
        issuer.jwk(),
    ]
    async with running(issuer, clock) as oidc:
        assert (await oidc.authenticate(issuer.bearer())).subject == "ada"
        payload = claims(iss=issuer.address)
        for name in ("encryption", "other", "broken", "curve", "short"):
            with pytest.raises(Unauthenticated, match="kid"):
                await oidc.authenticate(f"Bearer {token(issuer.key, 'ES256', payload, kid=name)}")
        raw = secret.get_op_key("sign")
        with pytest.raises(Unauthenticated, match="signed with RS256"):
            await oidc.authenticate(f"Bearer {by_hand({'alg': 'HS256', 'kid': 'secret'}, payload, raw)}")


async def test_a_private_key_among_the_public_ones(issuer: Issuer, clock: Clock) -> None:
    """An issuer that publishes too much of a key still has its tokens checked."""
    issuer.keys = [{**issuer.key.as_dict(private=True), "kid": issuer.key_id}]
    async with running(issuer, clock) as oidc:
        assert (await oidc.authenticate(issuer.bearer())).subject == "ada"
    assert not any(key.is_private for key in oidc._keys.values())


async def test_the_older_name_of_ed25519(clock: Clock) -> None:
    """A key and a token that call Ed25519 by its older name EdDSA belong together."""
    with Issuer("Ed25519") as issuer:
        issuer.keys = [issuer.jwk(alg="EdDSA")]
        async with running(issuer, clock) as oidc:
            old = token(issuer.key, "Ed25519", claims(iss=issuer.address), alg="EdDSA", kid=issuer.key_id)
            assert (await oidc.authenticate(f"Bearer {old}")).subject == "ada"


async def test_tokens_without_the_name_of_their_key(issuer: Issuer, clock: Clock) -> None:
    """A token that names no key counts where the issuer has one for its algorithm, not where it has two."""
    nameless = f"Bearer {token(issuer.key, 'ES256', claims(iss=issuer.address))}"
    issuer.keys.append(RSAKey.generate_key().as_dict(private=False))
    async with running(issuer, clock) as oidc:
        assert (await oidc.authenticate(nameless)).subject == "ada"
        issuer.keys.append(Issuer().jwk())
        clock.time = LIFETIME
        await oidc.authenticate(issuer.bearer())
        with pytest.raises(Unauthenticated, match="kid"):
            await oidc.authenticate(nameless)


async def test_an_issuer_without_keys(issuer: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """An issuer that withdraws all its keys has none of its tokens let in, and is asked again in a while."""
    async with running(issuer, clock) as oidc:
        bearer = issuer.bearer()
        await oidc.authenticate(bearer)
        issuer.keys.clear()
        clock.time = LIFETIME
        with pytest.raises(KeysUnavailable):
            await oidc.authenticate(issuer.bearer(sub="grace"))
        with pytest.raises(KeysUnavailable):
            await oidc.authenticate(bearer)
        assert "has no keys" in caplog.text
