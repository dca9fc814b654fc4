"""AUTH_MODE=oidc: tokens of an issuer that tells where its keys are (OpenID Connect Discovery, RFC 7517)."""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import httpx
import orjson
from joserfc.errors import SecurityWarning
from joserfc.jwk import JWKRegistry
from joserfc.jws import JWSRegistry

from api.auth import PAUSE_SECONDS, KeysUnavailable, Unauthenticated
from api.auth.key import DEFAULT_ASYMMETRIC
from api.auth.token import TokenAuthenticator, current
from db.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from joserfc.jwk import Key

    from api.settings import Settings

    KeyTable = dict[tuple[str, str | None], Key]

FETCH_SECONDS = 5
"""How long fetching the keys may take in all."""

SIZE = 512 * 1024
"""Bytes that one answer of the issuer may have."""

# Those of public keys. A set may have private ones by mistake, or descriptions of certificates.
_MEMBERS = frozenset(("kty", "use", "key_ops", "alg", "kid", "n", "e", "crv", "x", "y"))
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

# Its lines are ours and constant: what an issuer answers is not repeated.
_log = logging.getLogger("customers")


class IssuerError(Exception):
    """The issuer answers what it should not; the message says what, and repeats none of it."""


class OidcAuthenticator(TokenAuthenticator):
    """Checks tokens with their issuer's keys, which it fetches and keeps inside `async with`.

    They are fetched anew when they are older than AUTH_KEYS_LIFETIME, or lack one that a token names; who has
    to wait waits for the same fetch as all others. While the issuer cannot be reached, the keys it had stay.
    `now` returns the seconds since 1970, `clock` those since whenever, `patience` replaces `FETCH_SECONDS`.

    Raises:
        SettingsError: AUTH_ISSUER is no address to fetch keys from.
    """

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        patience: float = FETCH_SECONDS,
    ) -> None:
        super().__init__(settings, settings.auth_algorithms or DEFAULT_ASYMMETRIC, now)
        # The settings see to it that there is one where the mode asks for one.
        self._address = settings.auth_issuer or ""
        if not _is_safe(self._address):
            raise SettingsError("AUTH_ISSUER: must begin with https://, or with http:// for this machine")
        self._lifetime = settings.auth_keys_lifetime
        self._clock = clock
        self._patience = patience
        self._keys: KeyTable = {}
        self._failed = False
        self._stale_at = self._pause_until = float("-inf")
        self._fetch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        # No redirects, no compression: neither may lead to elsewhere, or to more than was sent.
        self._http = httpx.AsyncClient(timeout=self._patience, headers={"accept-encoding": "identity"})
        # Nobody waits for it, but an operator reads in the log at once what is wrong with the issuer.
        self._fetching()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._fetch:
            self._fetch.cancel()
            await asyncio.wait([self._fetch])
        await self._http.aclose()

    async def _key(self, algorithm: str, key_id: str | None) -> Key:
        key = self._keys.get((algorithm, key_id))
        if key is None or self._clock() >= self._stale_at:
            fetch = self._fetching()
            # Once the issuer has failed, nobody waits for it who has a key.
            if fetch and (key is None or not self._failed):
                # Who leaves meanwhile leaves the fetch to the others.
                await asyncio.wait([fetch])
            key = self._keys.get((algorithm, key_id))
        if key is not None:
            return key
        if self._failed or not self._keys:
            raise KeysUnavailable
        if key_id is None:
            raise Unauthenticated("The token must name its key (kid), because the issuer has several.")
        raise Unauthenticated("The token is signed with a key (kid) that is none of the issuer's.")

    def _fetching(self) -> asyncio.Task[None] | None:
        """Return the fetch that is under way, or begin one, unless it is too soon."""
        if self._fetch is None or (self._fetch.done() and self._clock() >= self._pause_until):
            self._fetch = asyncio.create_task(self._fetch_keys())
        return None if self._fetch.done() else self._fetch

    async def _fetch_keys(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                keys = await self._download()
        except Exception as error:  # noqa: BLE001 - whatever it is, there may be an answer next time
            self._failed = True
            reason = str(error) if isinstance(error, IssuerError) else type(error).__name__
            _log.warning(f"The issuer's keys were not fetched: {reason}.")
        else:
            self._failed = False
            self._stale_at = self._clock() + self._lifetime
            if not keys:
                _log.warning("The issuer has no keys for the algorithms in AUTH_ALGORITHMS.")
            if keys != self._keys:
                self._keys = keys
                self._forget()
        finally:
            self._pause_until = self._clock() + PAUSE_SECONDS

    async def _download(self) -> KeyTable:
        # A path's last slash does not count here (OpenID Connect Discovery, section 4.1).
        discovery = await self._get(self._address.removesuffix("/") + "/.well-known/openid-configuration")
        if discovery.get("issuer") != self._address:
            raise IssuerError("it calls itself (issuer) something else than AUTH_ISSUER")
        address = discovery.get("jwks_uri")
        if not isinstance(address, str) or not _is_safe(address, like=self._address):
            raise IssuerError("its jwks_uri does not begin with https://")
        keys = (await self._get(address)).get("keys")
        if not isinstance(keys, list):
            raise IssuerError("its key set has no list of keys")
        return _table([key for key in map(_imported, keys) if key], self._algorithms)

    async def _get(self, address: str) -> dict[str, Any]:
        content = bytearray()
        async with self._http.stream("GET", address) as response:
            if response.status_code != httpx.codes.OK:
                raise IssuerError(f"it answers with status {response.status_code}")
            async for part in response.aiter_raw():
                content += part
                if len(content) > SIZE:
                    raise IssuerError(f"it answers more than {SIZE} bytes")
        try:
            answer = orjson.loads(content)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise IssuerError("it answers no JSON object")
        return answer


def _is_safe(address: str, like: str = "http:") -> bool:
    """Say whether what comes from there comes from whom it should; `like` is the issuer's own address."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK and like.startswith("http:"))
    )


def _imported(jwk: Any) -> Key | None:
    """Return the public key that a member of a JWK set is, or None when it cannot be understood."""
    try:
        public = {name: jwk[name] for name in _MEMBERS & jwk.keys()}
        if "alg" in public:
            public["alg"] = current(public["alg"])
        with warnings.catch_warnings():
            # RSA keys below 2,048 bits, which RFC 7518, section 3.3 forbids.
            warnings.simplefilter("error", SecurityWarning)
            return JWKRegistry.import_key(public)
    except Exception as error:  # noqa: BLE001 - it differs with what is wrong; the other keys are good all the same
        _log.warning(f"A key of the issuer is left out: {type(error).__name__}.")
        return None


def _table(keys: Sequence[Key], algorithms: Sequence[str]) -> KeyTable:
    """Return the keys for signatures by algorithm and name; the only one serves tokens that name none too."""
    table: KeyTable = {}
    for algorithm in algorithms:
        suitable = [key for key in keys if JWSRegistry.filter_algorithms(key, [algorithm])]
        table |= {(algorithm, key.kid): key for key in suitable if key.kid}
        if len(suitable) == 1:
            table[algorithm, None] = suitable[0]
    return table
