"""AUTH_KEY and AUTH_ALGORITHMS: which keys are taken, which are refused, and tokens made with them."""

from __future__ import annotations

import base64
import secrets
import subprocess
import sys
import time
import warnings
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc.jwk import ECKey, OKPKey, RSAKey

from api.auth import Principal, Unauthenticated, authenticator
from api.auth.key import KeyAuthenticator, mint
from api.settings import Settings
from db.settings import SettingsError
from tests.tokens import MAKE_KEY, SECRET, by_hand, claims, principal, refusal, settings, token

HOUR = timedelta(hours=1)
RSA, EC, ED = RSAKey.generate_key(), ECKey.generate_key(), OKPKey.generate_key("Ed25519")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    SHORT_RSA = RSAKey.generate_key(1_024)


def pem(key: RSAKey | ECKey | OKPKey, *, private: bool = False, password: str | None = None) -> str:
    return key.as_pem(private=private, password=password).decode()


def der(key: RSAKey | ECKey | OKPKey) -> str:
    return base64.b64encode(key.as_der(private=False)).decode()


def ssh(key: RSAKey) -> str:
    form = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    return key.public_key.public_bytes(*form).decode()


@pytest.mark.parametrize(
    ("text", "key", "algorithm"),
    [
        (pem(RSA), RSA, "RS256"),
        (pem(RSA, private=True), RSA, "RS256"),
        (pem(RSA).replace("\n", "\\n"), RSA, "RS256"),
        (pem(RSA).replace("\n", " "), RSA, "RS256"),
        (f"\n  {pem(RSA)}\n".replace("\n", "\r\n"), RSA, "RS256"),
        (pem(EC), EC, "ES256"),
        (pem(EC, private=True).replace("\n", "\\n"), EC, "ES256"),
        (pem(ED), ED, "Ed25519"),
        (pem(ED, private=True), ED, "Ed25519"),
    ],
)
def test_keys_in_pem(text: str, key: Any, algorithm: str) -> None:
    """A key in PEM is taken, public or private, also where the writer could put no line ends."""
    authorization = f"Bearer {token(key, algorithm, claims())}"
    assert principal(KeyAuthenticator(settings(text)), authorization).subject == "ada"


@pytest.mark.parametrize("algorithm", ["PS256", "ES384"])
def test_algorithms_that_are_asked_for(algorithm: str) -> None:
    """What AUTH_ALGORITHMS names is allowed, and nothing else."""
    key: Any = MAKE_KEY[algorithm]()
    checks = KeyAuthenticator(settings(pem(key), auth_algorithms=algorithm))
    assert principal(checks, f"Bearer {token(key, algorithm, claims())}").subject == "ada"
    assert algorithm in str(refusal(checks, f"Bearer {token(RSA, 'RS256', claims())}"))


PUBLIC_TEXTS = {
    "with a broken line": pem(RSA).replace("KEY-----", "KEY----", 1),
    "cut off": pem(RSA)[:100],
    "without its first and last line": der(RSA),
    "in lines without the first and last": "\n".join(pem(RSA).splitlines()[1:-1]),
    "of Ed25519 without its first and last line": der(ED),
    "as SSH has it": ssh(RSA),
    "as a JWK": '{"kty":"RSA","n":"' + "A" * 342 + '","e":"AQAB"}',
    "of RSA with 1,024 bits": pem(SHORT_RSA),
    "for encryption": pem(OKPKey.generate_key("X25519")),
}


@pytest.mark.parametrize("text", PUBLIC_TEXTS.values(), ids=PUBLIC_TEXTS)
def test_public_keys_that_cannot_be_used(text: str) -> None:
    """A public key that cannot be read is refused; it never becomes a secret, which everybody would know."""
    with pytest.raises(SettingsError, match=r"^AUTH_KEY: [^\n]+$") as error:
        authenticator(settings(text))
    assert error.value.__cause__ is None
    assert text[30:60] not in str(error.value)


@pytest.mark.parametrize(
    ("key", "algorithms", "says"),
    [
        ("s3cret", "", "AUTH_KEY: a secret must have 32 bytes"),
        ("s3cret" * 5, "", "AUTH_KEY: a secret must have 32 bytes"),
        ("s3cret" * 7, "HS256 HS384", "AUTH_KEY: a secret must have 48 bytes"),
        ("s3cret" * 10, "HS512", "AUTH_KEY: a secret must have 64 bytes"),
        ("", "", "AUTH_KEY: must be"),
        (pem(RSA, private=True, password=SECRET), "", "AUTH_KEY: cannot be read"),
        (SECRET, "RS256", "AUTH_ALGORITHMS: with this AUTH_KEY must be some of HS256, HS384, HS512"),
        (pem(RSA), "HS256", "AUTH_ALGORITHMS: with this AUTH_KEY must be some of RS256"),
        (pem(RSA), "RS256 HS256", "AUTH_ALGORITHMS: with this AUTH_KEY must be some of RS256"),
        (pem(EC), "ES384", "AUTH_ALGORITHMS: with this AUTH_KEY must be some of ES256"),
        (pem(ECKey.generate_key("P-384")), "", "AUTH_ALGORITHMS: with this AUTH_KEY must be some of ES384"),
    ],
)
def test_keys_that_do_not_suit(key: str, algorithms: str, says: str) -> None:
    """A secret that is short for its hash, or a key that its algorithms are not for, is refused by name."""
    with pytest.raises(SettingsError) as error:
        authenticator(settings(key, auth_algorithms=algorithms))
    assert str(error.value).startswith(says)
    assert "s3cret" not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("make", [secrets.token_urlsafe, secrets.token_hex])
def test_generated_secrets(make: Any) -> None:
    """The secrets that Python makes of 32 bytes are taken, though they might be base64 of something."""
    for _ in range(20):
        secret = make(32)
        authorization = f"Bearer {by_hand({'alg': 'HS256'}, claims(), secret.encode())}"
        assert principal(KeyAuthenticator(settings(secret)), authorization).subject == "ada"


@pytest.mark.parametrize(
    ("key", "algorithms"),
    [
        (SECRET, ""),
        (SECRET, "HS512 HS256"),
        (pem(RSA, private=True), ""),
        (pem(RSA, private=True), "PS384"),
        (pem(EC, private=True), ""),
        (pem(ED, private=True), ""),
    ],
)
def test_made_tokens_count(key: str, algorithms: str) -> None:
    """A token made here is let in by the service with the same settings, with its subject and scopes."""
    ours = settings(key, auth_algorithms=algorithms, auth_issuer="here", auth_audience="customers-test")
    made = mint(ours, "ada", ["customers:read", "customers:write"], HOUR)
    assert principal(KeyAuthenticator(ours), f"Bearer {made}") == Principal(
        "ada", frozenset({"customers:read", "customers:write"})
    )


def test_made_tokens_expire() -> None:
    """A token made for an hour counts for an hour."""
    ours = settings(SECRET, auth_leeway=0)
    authorization = f"Bearer {mint(ours, 'ada', [], HOUR)}"
    made = time.time()
    assert principal(KeyAuthenticator(ours, lambda: made + 3_590), authorization).scopes == frozenset()
    assert "expired" in str(refusal(KeyAuthenticator(ours, lambda: made + 3_601), authorization))


@pytest.mark.parametrize(
    ("ours", "says"),
    [
        (Settings(), "AUTH_MODE: must be key"),
        (Settings(auth_mode="oidc", auth_issuer="https://issuer.example"), "AUTH_MODE: must be key"),
        (settings(RSA), "AUTH_KEY: is a public key"),
        (settings("short"), "AUTH_KEY: a secret must have"),
    ],
)
def test_no_token_without_a_key_that_signs(ours: Settings, says: str) -> None:
    """Where no token can be made, the error says which setting to change."""
    with pytest.raises(SettingsError) as error:
        mint(ours, "ada", [], HOUR)
    assert str(error.value).startswith(says)


@pytest.mark.parametrize("subject", ["", "a" * 256, "a\nb", "\udcff"])
def test_no_token_that_the_service_would_refuse(subject: str) -> None:
    """A token is not made for a subject that the service does not take."""
    with pytest.raises(Unauthenticated, match="sub"):
        mint(settings(SECRET), subject, [], HOUR)


async def test_nobody_is_asked_without_authentication() -> None:
    """AUTH_MODE=none has no authenticator, AUTH_MODE=key one."""
    async with authenticator(Settings()) as nobody, authenticator(settings(SECRET)) as somebody:
        assert nobody is None
        assert somebody is not None
        authorization = f"Bearer {by_hand({'alg': 'HS256'}, claims())}"
        assert (await somebody.authenticate(authorization)).subject == "ada"


def test_imports_are_put_off() -> None:
    """Neither cryptography nor an HTTP client is imported while nobody needs them."""
    program = (
        "import sys; from api.auth import authenticator; from api.settings import Settings;"
        "authenticator(Settings(auth_mode='none'));"
        "sys.exit(bool({'joserfc', 'cryptography', 'httpx'} & sys.modules.keys()))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
