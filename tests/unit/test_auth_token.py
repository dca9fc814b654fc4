"""Tokens as attackers write them, before an authenticator with a static key."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from api.auth import Principal, Unauthenticated
from api.auth.key import KeyAuthenticator
from api.auth.token import LENGTH
from tests.tokens import MAKE_KEY, SECRET, by_hand, claims, compact, principal, refusal, settings, token

RSA, EC, ED = RSAKey.generate_key(), ECKey.generate_key(), OKPKey.generate_key("Ed25519")
ISSUER = "https://issuer.example"
BY_RSA = KeyAuthenticator(settings(RSA, auth_issuer=ISSUER))
BY_SECRET = KeyAuthenticator(settings(SECRET, auth_issuer=ISSUER))


def good(**changed: Any) -> dict[str, Any]:
    return claims(**({"iss": ISSUER} | changed))


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER    "])
def test_a_good_token_tells_who_calls(scheme: str) -> None:
    """A signed token with all claims in order tells its subject and scopes."""
    authorization = scheme + by_hand({"alg": "HS256"}, good(scope="customers:read other"))
    expected = Principal("ada", frozenset({"customers:read", "other"}))
    assert principal(BY_SECRET, authorization) == expected
    assert principal(BY_SECRET, authorization + " ") == expected


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", RSA), ("ES256", EC), ("Ed25519", ED)])
def test_a_public_key_checks_its_kind_of_signature(algorithm: str, key: Any) -> None:
    """Each kind of public key accepts the tokens signed with its private key, and no other's."""
    authenticator = KeyAuthenticator(settings(key))
    assert principal(authenticator, f"Bearer {token(key, algorithm, good())}").subject == "ada"
    other = MAKE_KEY[algorithm]()
    assert "signature" in str(refusal(authenticator, f"Bearer {token(other, algorithm, good())}"))


def test_the_older_name_of_ed25519() -> None:
    """A token that calls Ed25519 by its older name EdDSA counts."""
    written = token(ED, "Ed25519", good(), alg="EdDSA")
    assert principal(KeyAuthenticator(settings(ED)), f"Bearer {written}").subject == "ada"


@pytest.mark.parametrize(
    "authorization", [None, "", " ", "Bearer", "Bearer ", "Basic YWRhOnBhc3M=", "bear x"]
)
def test_no_token(authorization: str | None) -> None:
    """Without a bearer token, the answer says how to send one and gives no error code."""
    error = refusal(BY_RSA, authorization)
    assert "Authorization: Bearer" in str(error)
    assert error.error is None


@pytest.mark.parametrize(
    "header", [{"typ": "at+jwt"}, {"typ": "application/AT+JWT"}, {"nonce": "x", "x5t": "y"}]
)
def test_headers_that_do_no_harm(header: dict[str, str]) -> None:
    """Access tokens by either of their types count, and headers that we do not know are passed over."""
    assert principal(BY_SECRET, f"Bearer {by_hand({'alg': 'HS256'} | header, good())}").subject == "ada"


PEM = RSA.as_pem(private=False)
TOKEN = token(RSA, "RS256", good())
HEAD, BODY, SIGNATURE = TOKEN.split(".")
ATTACKER = RSAKey.generate_key()
PUBLISHED = ATTACKER.as_dict(private=False)

FORGED = {
    "a changed signature": (
        f"{HEAD}.{BODY}.{'B' if SIGNATURE[0] == 'A' else 'A'}{SIGNATURE[1:]}",
        "signature",
    ),
    "another's claims": (
        f"{HEAD}.{token(ATTACKER, 'RS256', good(sub='eve')).split('.')[1]}.{SIGNATURE}",
        "sign",
    ),
    "a short signature": (f"{HEAD}.{BODY}.{SIGNATURE[:4]}", "signature"),
    "another key": (token(ATTACKER, "RS256", good()), "signature"),
    "another key, named as ours": (token(ATTACKER, "RS256", good(), kid="0"), "signature"),
    "alg none": (compact({"alg": "none"}, good(), lambda _: b""), "signed JWT"),
    "alg none with a signature": (compact({"alg": "none"}, good(), lambda _: b"x"), "signed with"),
    "alg None": (compact({"alg": "None"}, good(), lambda _: b"x"), "signed with"),
    "alg NONE": (compact({"alg": "NONE"}, good(), lambda _: b"x"), "signed with"),
    "alg nOnE": (compact({"alg": "nOnE"}, good(), lambda _: b"x"), "signed with"),
    "no alg": (compact({"typ": "JWT"}, good(), lambda _: b"x"), "header"),
    "alg null": (compact({"alg": None}, good(), lambda _: b"x"), "signed with"),
    "alg a list": (compact({"alg": ["RS256"]}, good(), lambda _: b"x"), "signed with"),
    "alg not allowed": (token(RSA, "PS256", good()), "signed with RS256"),
    "alg of another key": (token(EC, "ES256", good()), "signed with RS256"),
    "the public key as a secret": (by_hand({"alg": "HS256"}, good(), PEM), "signed with RS256"),
    "the same, called RS256": (by_hand({"alg": "RS256"}, good(), PEM), "signature"),
    "an empty secret": (by_hand({"alg": "HS256"}, good(), b""), "signed with RS256"),
    "its own key": (token(ATTACKER, "RS256", good(), jwk=PUBLISHED), "signature"),
    "its own key set": (token(ATTACKER, "RS256", good(), jku="https://evil.example/keys"), "signature"),
    "its own certificate": (token(ATTACKER, "RS256", good(), x5u="https://evil.example/x"), "signature"),
    "a path as kid": (token(ATTACKER, "RS256", good(), kid="../../dev/null"), "signature"),
    "a kid that is no string": (token(RSA, "RS256", good(), kid={"$ne": 1}), "kid"),
    "a critical header": (token(RSA, "RS256", good(), crit=["exp"], exp=1), "crit"),
    "an empty list of critical headers": (token(RSA, "RS256", good(), crit=[]), "crit"),
    "crit that is no list": (token(RSA, "RS256", good(), crit=5), "crit"),
    "b64 false": (token(RSA, "RS256", good(), b64=False), "header"),
    "b64 false and critical": (token(RSA, "RS256", good(), b64=False, crit=["b64"]), "crit"),
    "a logout token": (token(RSA, "RS256", good(), typ="logout+jwt"), "typ"),
    "typ that is no string": (token(RSA, "RS256", good(), typ=["JWT"]), "typ"),
    "an encrypted token": (f"{HEAD}..{BODY}.{BODY}.{SIGNATURE}", "signed JWT"),
    "two parts": (f"{HEAD}.{BODY}", "signed JWT"),
    "four parts": (f"{TOKEN}.{SIGNATURE}", "signed JWT"),
    "nothing but dots": ("..", "signed JWT"),
    "empty claims": (f"{HEAD}..{SIGNATURE}", "signed JWT"),
    "no header": (f".{BODY}.{SIGNATURE}", "signed JWT"),
    "padding": (f"{HEAD}=.{BODY}.{SIGNATURE}", "signed JWT"),
    "the other base64": (f"{HEAD}.{BODY}.{SIGNATURE}+/", "signed JWT"),
    "not ASCII": (f"{HEAD}.{BODY}.é{SIGNATURE}", "signed JWT"),
    "a blank inside": (f"{HEAD}. {BODY}.{SIGNATURE}", "signed JWT"),
    "a line end": (f"{TOKEN}\n", "signed JWT"),
    "two tokens": (f"{TOKEN}, Bearer {TOKEN}", "signed JWT"),
    "base64 of odd length": ("A.A.A", "header"),
    "a header that is no JSON": (compact(b"{", good(), lambda _: b"x"), "header"),
    "a header that is no UTF-8": (compact(b'{"alg":"\xff"}', good(), lambda _: b"x"), "header"),
    "a header that is a list": (compact(["alg"], good(), lambda _: b"x"), "header"),
    "a header that is a string": (compact("alg", good(), lambda _: b"x"), "header"),
    "a header that is another string": (compact("alg b64", good(), lambda _: b"x"), "header"),
    "a header that is a number": (compact(1, good(), lambda _: b"x"), "header"),
    "a header that is null": (compact(None, good(), lambda _: b"x"), "header"),
    "a deep header": (compact(b'{"alg":' + b"[" * 5_000, {}, lambda _: b"x"), "header"),
    "a deep but whole header": (compact(b"[" * 2_500 + b"]" * 2_500, {}, lambda _: b"x"), "header"),
    "a long number in the header": (compact(b'{"alg":' + b"9" * 5_000 + b"}", {}, lambda _: b"x"), "header"),
    "too long": (token(RSA, "RS256", good(filling="x" * LENGTH)), "too long"),
    "too long by far": ("x" * 1_000_000, "too long"),
}


@pytest.mark.parametrize(("written", "says"), FORGED.values(), ids=FORGED)
def test_what_no_honest_issuer_wrote(written: str, says: str) -> None:
    """A token that is forged or garbled is refused with what is wrong with it, and is not repeated."""
    error = refusal(BY_RSA, f"Bearer {written}")
    assert says in str(error)
    assert error.error == "invalid_token"
    assert len(str(error)) < 120
    assert set(str(error)) <= {chr(code) for code in range(0x20, 0x7F)} - {'"', "\\"}


PIECES = st.sampled_from(
    ["Bearer ", "bearer", ".", "..", "=", " ", ",", HEAD, BODY, SIGNATURE, "\x00", "\ud800"]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def answered(authenticator: KeyAuthenticator, authorization: str) -> None:
    """Fail at anything but a principal or a refusal."""
    with suppress(Unauthenticated):
        assert principal(authenticator, authorization).subject


@profile(deadline=None)
@given(st.text() | st.lists(PIECES | st.text(), max_size=8).map("".join))
def test_any_text(authorization: str) -> None:
    """Whatever text stands in the header, it is refused and nothing else happens."""
    answered(BY_SECRET, authorization)
    answered(BY_SECRET, "Bearer " + authorization)


@profile(deadline=None)
@given(st.binary())
def test_any_bytes(content: bytes) -> None:
    """Whatever bytes make up the header, the claims or the whole, nothing happens but a refusal."""
    answered(BY_SECRET, "Bearer " + content.decode("latin-1"))
    answered(BY_SECRET, "Bearer " + by_hand(content, good()))
    answered(BY_SECRET, "Bearer " + by_hand({"alg": "HS256"}, content))


@profile(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ", "b64", "jwk", "jku", "x5c", "cty"]), JSON),
    st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "scope", "scp"]), JSON),
)
def test_any_json(header: dict[str, Any], payload: dict[str, Any]) -> None:
    """Whatever JSON stands in a header and the claims, a token counts or is refused."""
    answered(BY_SECRET, "Bearer " + by_hand({"alg": "HS256"} | header, good(**payload)))
    answered(BY_SECRET, "Bearer " + by_hand({"alg": "HS256"}, payload))
