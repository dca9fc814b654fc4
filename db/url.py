"""DATABASE_URL, read as libpq reads it and handed to asyncpg as keyword arguments.

asyncpg parses DSNs itself, but splits hosts with `urllib` (whose rules for brackets differ between Python
releases), turns "+" into a space, sends every parameter that it does not know to the server as a setting,
and quotes pieces of the password in its errors. So who and where are taken apart here and given as
arguments; what concerns TLS stays in a DSN without secrets, because asyncpg takes it from nowhere else.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

_SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg", "postgres+asyncpg")
_DEFAULT_PORT = 5432
_HIGHEST_PORT = 65535
_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+(?:%[\w.%-]+)?)\]|(?P<name>[^\[\]:]*))(?::(?P<port>\d*))?")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SESSIONS = ("any", "primary", "standby", "prefer-standby", "read-write", "read-only")

# JDBC's and SQLAlchemy's spelling of sslmode.
_SSL = {"true": "require", "false": "disable"} | {mode: mode for mode in _SSLMODES}

_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")

# asyncpg reads these from its DSN, with libpq's meaning.
_PASSED_ON = (
    *_FILES,
    "sslmode",
    "sslpassword",
    "sslnegotiation",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "target_session_attrs",
    "passfile",
    "service",
    "krbsrvname",
    "gsslib",
)

# libpq knows these, asyncpg does not; it would send them to the server, which would refuse the connection.
_LEFT_OUT = {
    "keepalives": "the operating system's TCP settings hold",
    "keepalives_idle": "the operating system's TCP settings hold",
    "keepalives_interval": "the operating system's TCP settings hold",
    "keepalives_count": "the operating system's TCP settings hold",
    "tcp_user_timeout": "DATABASE_STATEMENT_TIMEOUT bounds the wait for an answer",
    "gssencmode": "asyncpg never encrypts by GSSAPI; TLS is sslmode's business",
    "channel_binding": "asyncpg decides that itself; sslmode=verify-full is what keeps a stranger out",
    "client_encoding": "asyncpg always speaks UTF-8",
    "load_balance_hosts": "hosts are tried in the order given",
    "sslcompression": "Python never compresses TLS",
    "sslsni": "Python always sends the server's name",
    "min_protocol_version": "asyncpg speaks protocol 3.0, which every server does",
    "max_protocol_version": "asyncpg speaks protocol 3.0, which every server does",
}


# These become arguments of their own.
_TAKEN = (
    *("host", "port", "user", "password", "dbname", "database", "ssl", "connect_timeout"),
    *("application_name", "fallback_application_name", "options"),
)


class InvalidURL(ValueError):
    """DATABASE_URL cannot be used as it is. The message tells why and never quotes the password."""


def connect_args(url: str) -> dict[str, Any]:
    """Return the keyword arguments for `asyncpg.connect` or `asyncpg.create_pool` that mean `url`.

    Parts that the URL leaves out are left out here too, so that asyncpg's own defaults hold (PGHOST and its
    like, ~/.pgpass, the usual socket directories). As in libpq, a parameter after "?" wins over the part
    before it. Raises `InvalidURL`.
    """
    scheme, separator, rest = url.strip().partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        raise InvalidURL("it must look like postgresql://user:password@host:5432/database")
    if "#" in rest:
        raise InvalidURL("a '#' in the password must be written as %23")
    location, _, query = rest.partition("?")
    authority, _, database = location.partition("/")
    if authority.count("@") > 1 or "@" in database:
        raise InvalidURL("in user and password '@', '/' and '?' must be written as %40, %2F and %3F")
    login, _, netloc = authority.rpartition("@")
    user, _, password = login.partition(":")
    parameters = _parameters(query)
    for name, value in (("user", user), ("password", password), ("dbname", database)):
        if value:
            parameters.setdefault(name, _decoded(value))
    args = _hosts(netloc, parameters.pop("host", None), parameters.pop("port", None))
    return args | _arguments(parameters)


def _decoded(text: str) -> str:
    """Undo percent-encoding; "+" stays "+"."""
    if _BROKEN_ESCAPE.search(text):
        raise InvalidURL("a '%' that does not begin an escape must be written as %25")
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidURL("a percent-encoded part is not UTF-8") from None
    if "\0" in decoded:
        raise InvalidURL("it must not hold a NUL character")
    return decoded


def _parameters(query: str) -> dict[str, str]:
    """Return what follows "?"; of a name given twice the last counts, one without a value is not there."""
    parameters: dict[str, str] = {}
    for piece in filter(None, query.split("&")):
        name, equals, value = piece.partition("=")
        if not equals:
            raise InvalidURL("what follows '?' must be name=value pairs joined by '&'")
        if name not in (*_PASSED_ON, *_LEFT_OUT, *_TAKEN):
            # With an "@" behind it, this may be a piece of a password that holds a bare "?".
            quoted = "" if "@" in query else f" {name!r}"
            raise InvalidURL(
                f"the parameter{quoted} after '?' is not supported; leave it out ('?' itself is %3F)"
            )
        parameters.pop(name, None)
        if value:
            parameters["dbname" if name == "database" else name] = _decoded(value)
    return parameters


def _hosts(netloc: str, host: str | None, port: str | None) -> dict[str, Any]:
    """Return `host` and `port` as lists of equal length; either is missing where the URL is silent."""
    hosts: list[str] = []
    ports: list[int | None] = []
    for item in netloc.split(","):
        match = _HOST.fullmatch(item)
        if match is None:
            raise InvalidURL("the host part must be host:port, or several joined by ',' ([…] around IPv6)")
        hosts.append(_decoded(match["ipv6"] or match["name"] or ""))
        ports.append(_port(match["port"]) if match["port"] else None)
    if host is not None:
        hosts, ports = host.split(","), [None]
    if port is not None:
        ports = [_port(item) if item else None for item in port.split(",")]
    if len(ports) not in (1, len(hosts)):
        raise InvalidURL(f"it names {len(hosts)} hosts but {len(ports)} ports")
    if len(hosts) > 1 and "" in hosts:
        raise InvalidURL("one of its hosts is empty")
    args: dict[str, Any] = {}
    if hosts != [""]:
        args["host"] = hosts
    if any(ports):
        args["port"] = [number or _DEFAULT_PORT for number in ports]
        if len(ports) == 1:
            args["port"] *= len(hosts)
    return args


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= _HIGHEST_PORT):
        raise InvalidURL("a port must be a number from 1 to 65535")
    return int(text)


def _arguments(parameters: dict[str, str]) -> dict[str, Any]:
    """Turn every parameter but the hosts into asyncpg's arguments."""
    args: dict[str, Any] = {}
    for name, argument in (("user", "user"), ("password", "password"), ("dbname", "database")):
        if name in parameters:
            args[argument] = parameters.pop(name)
    if timeout := _timeout(parameters.pop("connect_timeout", "0")):
        args["timeout"] = timeout
    if settings := _server_settings(parameters):
        args["server_settings"] = settings
    _check_left_out(parameters)
    passed_on = {name: value for name, value in parameters.items() if name not in _LEFT_OUT}
    args |= _tls(passed_on)
    if passed_on:
        args["dsn"] = "postgresql://?" + urlencode(passed_on, quote_via=quote)
    return args


def _timeout(text: str) -> float:
    """Return seconds; 0 (libpq: wait for ever) leaves it to DATABASE_CONNECT_TIMEOUT."""
    if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
        raise InvalidURL("connect_timeout must be a whole number of seconds")
    return max(0.0, float(text))


def _server_settings(parameters: dict[str, str]) -> dict[str, str]:
    fallback = parameters.pop("fallback_application_name", None)
    application = parameters.pop("application_name", fallback)
    options = parameters.pop("options", None)
    settings = {"application_name": application, "options": options}
    return {name: value for name, value in settings.items() if value is not None}


def _check_left_out(parameters: dict[str, str]) -> None:
    """Refuse those values of harmless parameters that ask for what asyncpg cannot give."""
    if parameters.get("gssencmode") == "require":
        raise InvalidURL("gssencmode=require cannot be had; use TLS (sslmode=verify-full)")
    if parameters.get("client_encoding", "utf8").lower() not in ("utf8", "utf-8", "unicode", "auto"):
        raise InvalidURL("client_encoding must be UTF8")


def _tls(parameters: dict[str, str]) -> dict[str, Any]:
    """Check what concerns TLS and the choice of host; return the arguments that no DSN can express."""
    if ssl := parameters.pop("ssl", None):
        if ssl.lower() not in _SSL:
            raise InvalidURL("ssl must be true or false; sslmode says more")
        parameters.setdefault("sslmode", _SSL[ssl.lower()])
    if parameters.get("sslmode", "prefer") not in _SSLMODES:
        raise InvalidURL(f"sslmode must be one of {', '.join(_SSLMODES)}")
    if parameters.get("target_session_attrs", "any") not in _SESSIONS:
        raise InvalidURL(f"target_session_attrs must be one of {', '.join(_SESSIONS)}")
    if parameters.get("sslrootcert") == "system":
        if parameters.pop("sslmode", "verify-full") != "verify-full":
            raise InvalidURL("sslrootcert=system goes with sslmode=verify-full only")
        del parameters["sslrootcert"]
        return {"ssl": True}
    for name in _FILES:
        if name in parameters and not Path(parameters[name]).is_file():
            raise InvalidURL(f"the file that {name} names does not exist: {parameters[name]}")
    return {}
