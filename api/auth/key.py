"""AUTH_MODE=key: tokens that are signed with one key, and those for development that are signed here."""

from __future__ import annotations

import base64
import time
import warnings
from typing import TYPE_CHECKING

from joserfc import jwt
from joserfc.errors import InvalidKeyTypeError, SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from api.auth.token import TokenAuthenticator, check_subject
from api.settings import ASYMMETRIC, SYMMETRIC
from db.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import timedelta

    from joserfc.jwk import Key

    from api.settings import Settings

DEFAULT_ASYMMETRIC = ("RS256", "ES256", "Ed25519")
"""Algorithms that AUTH_ALGORITHMS means when it is not set and the key is no secret."""

_MAKE_ONE = 'make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'


class KeyAuthenticator(TokenAuthenticator):
    """Checks tokens with AUTH_KEY; what they call their key does not matter.

    Raises:
        SettingsError: AUTH_KEY is no key, or AUTH_ALGORITHMS does not suit it.
    """

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        self._static, algorithms = _key_of(settings)
        super().__init__(settings, algorithms, now)

    async def _key(self, algorithm: str, key_id: str | None) -> Key:  # noqa: ARG002 - there is only this one
        return self._static


def mint(settings: Settings, subject: str, scopes: Iterable[str], lifetime: timedelta) -> str:
    """Return a token, signed with AUTH_KEY, by which somebody called `subject` may do what `scopes` allow.

    Raises:
        SettingsError: AUTH_KEY cannot sign, or is not in use.
        Unauthenticated: the service would refuse such a subject.
    """
    if settings.auth_mode != "key":
        raise SettingsError(
            f"AUTH_MODE: must be key to make tokens, with AUTH_KEY a secret ({_MAKE_ONE});"
            " with oidc the issuer makes them, with none nobody needs any"
        )
    key, algorithms = _key_of(settings)
    if not key.is_private:
        raise SettingsError(
            "AUTH_KEY: is a public key, which checks tokens; to make them set it to the private key"
        )
    issued = int(time.time())
    claims = {
        "sub": check_subject(subject),
        "aud": settings.auth_audience,
        "scope": " ".join(scopes),
        "iat": issued,
        "exp": issued + int(lifetime.total_seconds()),
    }
    if settings.auth_issuer is not None:
        claims["iss"] = settings.auth_issuer
    return jwt.encode({"alg": algorithms[0]}, claims, key, algorithms=algorithms)


def _key_of(settings: Settings) -> tuple[Key, Sequence[str]]:
    """Return the key, and the algorithms for which it may be used."""
    # The settings see to it that there is a key where the mode asks for one.
    text = settings.auth_key.get_secret_value() if settings.auth_key else ""
    key = _from_pem(text) if "BEGIN " in text else _from_secret(text)
    possible = [algorithm.name for algorithm in JWSRegistry.filter_algorithms(key, [*SYMMETRIC, *ASYMMETRIC])]
    if not possible:
        raise SettingsError("AUTH_KEY: must be a key for signatures; this one is for encryption")
    defaults = [name for name in ("HS256", *DEFAULT_ASYMMETRIC) if name in possible]
    algorithms = settings.auth_algorithms or defaults
    if not algorithms or not set(algorithms) <= set(possible):
        raise SettingsError(f"AUTH_ALGORITHMS: with this AUTH_KEY must be some of {', '.join(possible)}")
    if isinstance(key, OctKey):
        # As long as the hash, RFC 7518, section 3.2 demands.
        size = max(int(name.removeprefix("HS")) for name in algorithms) // 8
        if len(key.raw_value) < size:
            raise SettingsError(f"AUTH_KEY: a secret must have {size} bytes or more; {_MAKE_ONE}")
    return key, algorithms


def _from_pem(text: str) -> Key:
    # Some places where variables are set take no line ends, so that "\\n" stands for them.
    pem = text.replace("\\n", "\n").strip()
    for kind in (RSAKey, ECKey, OKPKey):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", SecurityWarning)
                return kind.import_key(pem)
        except InvalidKeyTypeError:
            continue
        except SecurityWarning:
            # RFC 7518, section 3.3.
            raise SettingsError("AUTH_KEY: an RSA key must have 2,048 bits or more") from None
        except Exception:  # noqa: BLE001 - it differs with what is wrong, and its text may show some of the key
            break
    raise SettingsError(
        "AUTH_KEY: cannot be read; must be one whole RSA, EC or Ed25519 key in PEM, without a password"
    )


def _from_secret(text: str) -> Key:
    """Take a secret, but none that is a public key in another form: whoever knows that could sign with it."""
    try:
        # Some consoles show a public key as what stands between the lines of its PEM.
        decoded = base64.b64decode(text + "==")
    except ValueError:
        decoded = b""
    try:
        if '"kty"' in text:
            raise ValueError("a JWK")
        with warnings.catch_warnings():
            # They are about short secrets; the caller looks at the length.
            warnings.simplefilter("ignore", SecurityWarning)
            if decoded:
                OctKey.import_key(decoded)
            return OctKey.import_key(text)
    except ValueError:
        raise SettingsError("AUTH_KEY: must be a secret, or a key in PEM, with -----BEGIN and all") from None
