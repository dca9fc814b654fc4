"""What a token claims that is signed as it should be: whose it is, for whom, since and until when."""

from __future__ import annotations

from typing import Any

import pytest

from api.auth.key import KeyAuthenticator
from api.auth.token import REMEMBERED, REMEMBERED_SECONDS
from tests.tokens import SECRET, by_hand, claims, principal, refusal, settings

ISSUER = "https://issuer.example"
EXP = 2_000_000_000
BY_SECRET = KeyAuthenticator(settings(SECRET, auth_issuer=ISSUER))


def good(**changed: Any) -> dict[str, Any]:
    return claims(**({"iss": ISSUER} | changed))


BAD_CLAIMS: dict[str, tuple[object, str]] = {
    "another issuer": (good(iss="https://evil.example"), "(iss)"),
    "a longer issuer": (good(iss=ISSUER + "/"), "(iss)"),
    "no issuer": (good(iss=None), "(iss)"),
    "a list of issuers": (good(iss=[ISSUER]), "(iss)"),
    "another audience": (good(aud="payments"), "(aud)"),
    "other audiences": (good(aud=["payments", "customers2"]), "(aud)"),
    "a part of the audience": (good(aud="customer"), "(aud)"),
    "the audience in more": (good(aud="customers payments"), "(aud)"),
    "no audience": (good(aud=None), "(aud)"),
    "empty audiences": (good(aud=[]), "(aud)"),
    "an audience that is an object": (good(aud={"customers": 1}), "(aud)"),
    "nested audiences": (good(aud=[["customers"]]), "(aud)"),
    "expired": (good(exp=1_000), "expired"),
    "no end": (good(exp=None), "never expires"),
    "an end that is a string": (good(exp=str(EXP)), "(exp)"),
    "an end that is true": (good(exp=True), "(exp)"),
    "an end below 0": (good(exp=-1), "(exp)"),
    "an end after all years": (good(exp=10**18), "(exp)"),
    "an end that is an object": (good(exp={}), "(exp)"),
    "null": (b'{"exp":null}', "(exp)"),
    "not a number": (b'{"exp":NaN}', "JSON"),
    "infinity": (b'{"exp":Infinity}', "JSON"),
    "an end that no float holds": (b'{"exp":1e999}', "JSON"),
    "an end that no integer holds": (b'{"exp":1' + b"0" * 100 + b"}", "(exp)"),
    "5,000 digits": (b'{"exp":1' + b"0" * 5_000 + b"}", "JSON"),
    "not yet": (good(nbf=EXP), "(nbf)"),
    "a beginning that is a string": (good(nbf="0"), "(nbf)"),
    "from the future": (good(iat=EXP), "(iat)"),
    "a moment that is a list": (good(iat=[1]), "(iat)"),
    "no subject": (good(sub=None), "(sub)"),
    "an empty subject": (good(sub=""), "(sub)"),
    "a number as subject": (good(sub=7), "(sub)"),
    "a list of subjects": (good(sub=["ada"]), "(sub)"),
    "a subject in two lines": (good(sub="ada\neve"), "(sub)"),
    "a long subject": (good(sub="a" * 256), "(sub)"),
    "a number of scopes": (good(scope=7), "scopes"),
    "scopes that are no words": (good(scope=["customers:read", 7]), "scopes"),
    "an object of scopes": (good(scp={"customers:write": True}, scope=None), "scopes"),
    "claims that are a list": ([], "JSON"),
    "claims that are null": (b"null", "JSON"),
    "claims that are no JSON": (b"exp", "JSON"),
    "claims that are no UTF-8": (b'{"sub":"\xff"}', "JSON"),
    "half a character": (b'{"sub":"\\ud800"}', "JSON"),
    "deep claims": (b'{"exp":' + b"[" * 5_000, "JSON"),
    "deep but whole claims": (b"[" * 2_500 + b"]" * 2_500, "JSON"),
}


@pytest.mark.parametrize(("payload", "says"), BAD_CLAIMS.values(), ids=BAD_CLAIMS)
def test_claims_that_do_not_count(payload: object, says: str) -> None:
    """A token that the issuer did sign is refused for what it claims, and told for what."""
    error = refusal(BY_SECRET, f"Bearer {by_hand({'alg': 'HS256'}, payload)}")
    assert says in str(error)
    assert error.error == "invalid_token"
    assert set(str(error)) <= {chr(code) for code in range(0x20, 0x7F)} - {'"', "\\"}


def test_an_issuer_is_optional_with_a_static_key() -> None:
    """Without AUTH_ISSUER, a static key's tokens may be from anybody who has the key."""
    authenticator = KeyAuthenticator(settings(SECRET))
    for changed in ({}, {"iss": "https://other.example"}):
        assert principal(authenticator, f"Bearer {by_hand({'alg': 'HS256'}, claims(**changed))}").subject


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": ["payments", "customers"]},
        {"exp": EXP + 0.5},
        {"nbf": 0},
        {"iat": None},
        {"sub": "a" * 255},
        {"nested": {"claims": [1]}},
    ],
)
def test_claims_that_do_count(changed: dict[str, Any]) -> None:
    """Several audiences, fractions of seconds, and claims that nobody asks for are in order."""
    assert principal(BY_SECRET, f"Bearer {by_hand({'alg': 'HS256'}, good(**changed))}").subject


@pytest.mark.parametrize(
    ("changed", "scopes"),
    [
        ({"scope": "a b"}, {"a", "b"}),
        ({"scope": "  a\t b "}, {"a", "b"}),
        ({"scope": ["a", "b"]}, {"a", "b"}),
        ({"scope": ""}, set()),
        ({"scope": []}, set()),
        ({"scope": None}, set()),
        ({"scope": None, "scp": "a b"}, {"a", "b"}),
        ({"scope": None, "scp": ["a", "b"]}, {"a", "b"}),
        ({"scope": "a", "scp": ["b"]}, {"a"}),
    ],
)
def test_scopes(changed: dict[str, Any], scopes: set[str]) -> None:
    """Scopes are words in a string or a list, called scope or, where that is missing, scp."""
    written = by_hand({"alg": "HS256"}, good(**changed))
    assert principal(BY_SECRET, f"Bearer {written}").scopes == scopes


@pytest.mark.parametrize(
    ("changed", "moment", "counts"),
    [
        ({"exp": 1_000}, 1_029.9, True),
        ({"exp": 1_000}, 1_030, False),
        ({"exp": 2_000, "nbf": 1_000}, 970, True),
        ({"exp": 2_000, "nbf": 1_000}, 969.9, False),
        ({"exp": 2_000, "iat": 1_000}, 970, True),
        ({"exp": 2_000, "iat": 1_000}, 969.9, False),
    ],
)
def test_leeway(changed: dict[str, float], moment: float, *, counts: bool) -> None:
    """A token counts from AUTH_LEEWAY before its beginning until just before AUTH_LEEWAY after its end."""
    authenticator = KeyAuthenticator(settings(SECRET, auth_leeway=30), lambda: moment)
    authorization = f"Bearer {by_hand({'alg': 'HS256'}, good(**({'iat': None} | changed)))}"
    if counts:
        assert principal(authenticator, authorization).subject == "ada"
    else:
        refusal(authenticator, authorization)


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


def test_a_token_that_comes_again_is_remembered() -> None:
    """The signature of a token that comes again is checked once a minute."""
    clock = Clock()
    authenticator = KeyAuthenticator(settings(SECRET), clock)
    authorization = f"Bearer {by_hand({'alg': 'HS256'}, good(iat=None, exp=10_000))}"
    first = principal(authenticator, authorization)
    clock.time += REMEMBERED_SECONDS - 0.1
    assert principal(authenticator, authorization) is first
    clock.time += 0.1
    assert principal(authenticator, authorization) is not first


def test_a_remembered_token_expires() -> None:
    """A token that is remembered ceases to count when it would have anyway."""
    clock = Clock()
    authenticator = KeyAuthenticator(settings(SECRET, auth_leeway=5), clock)
    authorization = f"Bearer {by_hand({'alg': 'HS256'}, good(iat=None, exp=1_010))}"
    principal(authenticator, authorization)
    clock.time = 1_014.9
    principal(authenticator, authorization)
    clock.time = 1_015
    assert "expired" in str(refusal(authenticator, authorization))


async def test_no_more_than_so_many_are_remembered() -> None:
    """Of more tokens than are remembered the first is forgotten."""
    authenticator = KeyAuthenticator(settings(SECRET))
    authorizations = [
        f"Bearer {by_hand({'alg': 'HS256'}, good(sub=str(number)))}" for number in range(REMEMBERED + 1)
    ]
    first, *others = [await authenticator.authenticate(each) for each in authorizations]
    again = [await authenticator.authenticate(each) for each in authorizations[1:]]
    assert all(one is other for one, other in zip(again, others, strict=True))
    assert await authenticator.authenticate(authorizations[0]) is not first


def test_refused_tokens_are_not_remembered() -> None:
    """Tokens that are refused take no memory."""
    authenticator = KeyAuthenticator(settings(SECRET))
    for number in range(3):
        refusal(authenticator, f"Bearer {by_hand({'alg': 'HS256'}, good(sub=str(number)), b'another')}")
        refusal(authenticator, f"Bearer {by_hand({'alg': 'HS256'}, good(exp=number))}")
    assert not authenticator._remembered
