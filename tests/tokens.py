"""Tokens as honest issuers and forgers write them, and what becomes of those who bring them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode

from api.auth import Principal, Unauthenticated
from api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from joserfc.jwk import Key

    from api.auth import Authenticator

SECRET = "0" * 64

MAKE_KEY: dict[str, Callable[[], Key]] = {
    "HS256": OctKey.generate_key,
    "RS256": RSAKey.generate_key,
    "PS256": RSAKey.generate_key,
    "ES256": ECKey.generate_key,
    "ES384": lambda: ECKey.generate_key("P-384"),
    "Ed25519": lambda: OKPKey.generate_key("Ed25519"),
}
"""Makes a new key for an algorithm."""


def claims(**changed: Any) -> dict[str, Any]:
    """Return the claims of a token that is right for an hour; one changed to None is left out."""
    now = int(time.time())
    usual = {"sub": "ada", "aud": "customers", "scope": "customers:read", "iat": now, "exp": now + 3_600}
    return {name: value for name, value in (usual | changed).items() if value is not None}


def compact(header: object, payload: object, sign: Callable[[bytes], bytes]) -> str:
    """Return a JWS of whatever header and payload; bytes are taken as they are, all else becomes JSON."""
    parts = [part if isinstance(part, bytes) else orjson.dumps(part) for part in (header, payload)]
    signed = b".".join(urlsafe_b64encode(part) for part in parts)
    return (signed + b"." + urlsafe_b64encode(sign(signed))).decode()


def token(key: Key, algorithm: str, payload: object, **header: object) -> str:
    """Return a token that is signed with a key, whatever the header says."""
    sign = JWSRegistry.algorithms[algorithm].sign
    return compact({"alg": algorithm, "typ": "JWT"} | header, payload, lambda signed: sign(signed, key))


def by_hand(header: object, payload: object, secret: bytes = SECRET.encode()) -> str:
    """Return a token signed with HMAC and SHA-256, by nothing but Python's own modules."""
    return compact(header, payload, lambda signed: hmac.digest(secret, signed, hashlib.sha256))


def settings(key: RSAKey | ECKey | OKPKey | str, **values: Any) -> Settings:
    """Return settings that check tokens with a secret, or with the public part of a key."""
    text = key if isinstance(key, str) else key.as_pem(private=False).decode()
    return Settings.load(auth_mode="key", auth_key=text, **values)


def principal(authenticator: Authenticator, authorization: str | None) -> Principal:
    """Return who is let in."""
    return asyncio.run(authenticator.authenticate(authorization))


def refusal(authenticator: Authenticator, authorization: str | None) -> Unauthenticated:
    """Return why nobody is let in."""
    with pytest.raises(Unauthenticated) as error:
        principal(authenticator, authorization)
    return error.value
