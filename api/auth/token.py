"""A bearer's JSON Web Token, its signature and its claims checked (RFC 7519, RFC 8725)."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, extract_compact, validate_compact

from api.auth import Principal, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from joserfc.jwk import Key
    from joserfc.jws import CompactSignature

    from api.settings import Settings

LENGTH = 8_192
"""Characters that an `Authorization` header may have."""

SUBJECT_LENGTH = 255
"""Characters that a subject may have (OpenID Connect Core, section 2)."""

REMEMBERED = 1_024
"""How many tokens are known again without another check of their signature, which takes up to 0.1 ms."""

REMEMBERED_SECONDS = 60
"""How long they are."""

# The year 9999. Later times come of broken issuers; to believe them is to believe a token for ever.
_LAST_TIME = 253_402_300_799
_TYPES = ("jwt", "at+jwt", "application/jwt", "application/at+jwt")
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


class _Registry(JWSRegistry):
    """The algorithms that are allowed, in tokens whose parts may share `LENGTH` as they like."""

    max_header_length = max_payload_length = max_signature_length = LENGTH

    def __init__(self, algorithms: Sequence[str]) -> None:
        # Headers that are not understood must be ignored, unless they are critical (RFC 7515, section 4).
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        return super().get_alg(current(name))


def current(algorithm: str) -> str:
    """Return the name that RFC 9864 gives to an algorithm that most issuers still call by its older one."""
    return "Ed25519" if algorithm == "EdDSA" else algorithm


class UncheckedToken(NamedTuple):
    """A token as somebody wrote it; whether it was the issuer remains to be seen."""

    signature: CompactSignature
    algorithm: str
    key_id: str | None


class TokenAuthenticator(ABC):
    """Checks tokens with keys that are had somewhere; `now` returns the seconds since 1970."""

    def __init__(
        self, settings: Settings, algorithms: Sequence[str], now: Callable[[], float] = time.time
    ) -> None:
        self._issuer = settings.auth_issuer
        self._audience = settings.auth_audience
        self._leeway = settings.auth_leeway
        self._algorithms = algorithms
        self._registry = _Registry(algorithms)
        self._now = now
        self._remembered: dict[str, tuple[float, Principal]] = {}

    async def authenticate(self, authorization: str | None) -> Principal:
        """See `Authenticator`."""
        if authorization is None:
            authorization = ""
        elif remembered := self._remembered.get(authorization):
            until, principal = remembered
            if self._now() < until:
                return principal
        token = self._read(authorization)
        key = await self._key(token.algorithm, token.key_id)
        return self._check(authorization, token, key)

    @abstractmethod
    async def _key(self, algorithm: str, key_id: str | None) -> Key:
        """Return the key that such tokens are signed with; raise what `authenticate` may raise."""

    def _forget(self) -> None:
        """Check all tokens anew, because the keys are others than they were."""
        self._remembered.clear()

    def _read(self, authorization: str) -> UncheckedToken:
        scheme, _, text = authorization[: LENGTH + 1].partition(" ")
        text = text.strip(" ")
        if scheme.lower() != "bearer" or not text:
            raise Unauthenticated("Send a bearer token: Authorization: Bearer …", None)
        if len(authorization) > LENGTH:
            raise Unauthenticated(f"The token is too long; {LENGTH} characters are allowed.")
        if not _JWT.fullmatch(text):
            raise Unauthenticated("The token is no signed JWT: three parts in base64url with dots between.")
        try:
            signature = extract_compact(text.encode(), registry=self._registry)
            header = signature.headers()
            algorithm, key_id = header.get("alg"), header.get("kid")
        except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
            # Any JSON may be where an object should, nested as deep as the length allows.
            raise Unauthenticated("The header of the token cannot be read.") from None
        if not isinstance(algorithm, str) or current(algorithm) not in self._algorithms:
            raise Unauthenticated(f"The token must be signed with {' or '.join(self._algorithms)}.")
        if not isinstance(key_id, str | None):
            raise Unauthenticated("The token must name its key (kid) with a string.")
        if "crit" in header:
            raise Unauthenticated("The header of the token has critical parameters (crit); send one without.")
        if str(header.get("typ", "JWT")).lower() not in _TYPES:
            # A logout token, say, is signed with the same keys (RFC 8725, section 3.11).
            raise Unauthenticated("The token is of another type (typ); send an access token.")
        return UncheckedToken(signature, current(algorithm), key_id)

    def _check(self, authorization: str, token: UncheckedToken, key: Key) -> Principal:
        try:
            valid = validate_compact(token.signature, key, registry=self._registry)
        except (JoseError, ValueError):
            valid = False
        if not valid:
            raise Unauthenticated("The signature of the token is wrong; get a new one from the issuer.")
        try:
            claims = orjson.loads(token.signature.payload)
        except orjson.JSONDecodeError:
            claims = None
        if not isinstance(claims, dict):
            raise Unauthenticated("The claims of the token are no JSON object.")
        expiry = self._check_times(claims)
        self._check_parties(claims)
        principal = Principal(check_subject(claims.get("sub")), _scopes(claims))
        if len(self._remembered) >= REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[authorization] = min(expiry, self._now() + REMEMBERED_SECONDS), principal
        return principal

    def _check_times(self, claims: dict[str, Any]) -> float:
        """Return when the token ceases to count, the leeway included."""
        now = self._now()
        expiry = _time(claims, "exp")
        if expiry is None:
            raise Unauthenticated("The token never expires (exp); get one that does.")
        if now >= expiry + self._leeway:
            raise Unauthenticated("The token has expired; get a new one.")
        for name in ("nbf", "iat"):
            begin = _time(claims, name)
            if begin is not None and begin > now + self._leeway:
                raise Unauthenticated(f"The token is of the future ({name}); check the clock of its issuer.")
        return expiry + self._leeway

    def _check_parties(self, claims: dict[str, Any]) -> None:
        if self._issuer is not None and claims.get("iss") != self._issuer:
            raise Unauthenticated("The token is from another issuer (iss) than this service trusts.")
        audience = claims.get("aud")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise Unauthenticated("The token is for another service (aud); get one for this one.")


def check_subject(value: object) -> str:
    """Return a token's subject as it is.

    Raises:
        Unauthenticated: it is none.
    """
    if not isinstance(value, str) or not 0 < len(value) <= SUBJECT_LENGTH or not value.isprintable():
        raise Unauthenticated(f"The subject (sub) must be 1 to {SUBJECT_LENGTH} printable characters.")
    return value


def _time(claims: dict[str, Any], name: str) -> float | None:
    if name not in claims:
        return None
    value = claims[name]
    if type(value) not in (int, float) or not 0 <= value <= _LAST_TIME:
        raise Unauthenticated(f"The token has a time ({name}) that is none; it must be seconds since 1970.")
    return float(value)


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """Return the scopes: a string of words (RFC 8693, section 4.2), or a list as some issuers have it."""
    value = claims.get("scope", claims.get("scp", ""))
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Unauthenticated("The token must have its scopes as words in a string, or as a list of them.")
    return frozenset(words)
