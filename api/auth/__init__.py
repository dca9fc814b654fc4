"""Who calls: bearers of a JSON Web Token (RFC 6750, RFC 9068), checked as AUTH_MODE says."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from api.settings import Settings


PAUSE_SECONDS = 10
"""How long the issuer's keys are not fetched after they were, whatever clients send and however it ended."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a token speaks for, and what it lets them do."""

    subject: str
    scopes: frozenset[str]


class Unauthenticated(Exception):
    """There is no token that counts; the message tells the client what to mend, in ASCII and without quotes.

    `error` is the code that `WWW-Authenticate` gives (RFC 6750, section 3.1): none when no token was sent.
    """

    def __init__(self, message: str, error: Literal["invalid_token"] | None = "invalid_token") -> None:
        super().__init__(message)
        self.error = error


class KeysUnavailable(Exception):
    """The token may be right, but the issuer's keys to check it with cannot be had at present."""

    def __init__(self) -> None:
        super().__init__("Tokens cannot be checked at present; try again in a while.")


class Authenticator(Protocol):
    """What tells who calls."""

    async def authenticate(self, authorization: str | None) -> Principal:
        """Return whom the `Authorization` header speaks for; None is a request without one.

        Raises:
            Unauthenticated: no token came, or one that does not count.
            KeysUnavailable: the issuer's keys cannot be had.
        """


def authenticator(settings: Settings) -> AbstractAsyncContextManager[Authenticator | None]:
    """Return the authenticator that AUTH_MODE asks for, to be entered; None lets everybody in.

    Raises:
        SettingsError: at once, before it is entered; a setting is wrong.
    """
    # What they import takes a quarter of a second, which a service without authentication need not wait for.
    match settings.auth_mode:
        case "none":
            return nullcontext()
        case "key":
            from api.auth.key import KeyAuthenticator  # noqa: PLC0415 - as said above

            return nullcontext(KeyAuthenticator(settings))
        case "oidc":
            from api.auth.oidc import OidcAuthenticator  # noqa: PLC0415 - as said above

            return OidcAuthenticator(settings)
