"""DATABASE_URL: what each kind of URL means to asyncpg."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from asyncpg import connect_utils

from db.url import InvalidURL, connect_args

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cret-Pa55"


def parsed(url: str) -> tuple[list[Any], Any]:
    """Return the addresses and the connection parameters that asyncpg makes of our arguments."""
    parse = connect_utils._parse_connect_dsn_and_args  # type: ignore[attr-defined]
    args = connect_args(url)
    args.pop("timeout", None)
    addresses, parameters = parse(**dict.fromkeys(inspect.signature(parse).parameters) | args)
    return addresses, parameters


@pytest.fixture(autouse=True)
def nothing_but_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the environment's own PostgreSQL settings out."""
    for name in os.environ:
        if name.startswith("PG"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", "/nonexistent")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "postgres+asyncpg"])
def test_schemes(scheme: str) -> None:
    """Every spelling of the scheme in use means the same."""
    assert connect_args(f"{scheme}://ann:{SECRET}@db.example:5433/shop") == {
        "host": ["db.example"],
        "port": [5433],
        "user": "ann",
        "password": SECRET,
        "database": "shop",
    }


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("postgresql://u@h/d", [("h", 5432)]),
        ("postgresql://u@h:6000/d", [("h", 6000)]),
        ("postgresql://u@127.0.0.1/d", [("127.0.0.1", 5432)]),
        ("postgresql://u@[::1]:6000/d", [("::1", 6000)]),
        ("postgresql://u@[fe80::1%25eth0]/d", [("fe80::1%eth0", 5432)]),
        ("postgresql://u@a,b/d", [("a", 5432), ("b", 5432)]),
        ("postgresql://u@a:1,b:2,[::1]:3/d", [("a", 1), ("b", 2), ("::1", 3)]),
        ("postgresql://u@a:1,b/d", [("a", 1), ("b", 5432)]),
        ("postgresql://u@%2Frun%2Fpg/d", ["/run/pg/.s.PGSQL.5432"]),
        ("postgresql://u@%2Frun%2Fpg:6000/d", ["/run/pg/.s.PGSQL.6000"]),
        ("postgresql://u@/d?host=/run/pg", ["/run/pg/.s.PGSQL.5432"]),
        ("postgresql://u@/d?host=%2Frun%2Fpg&port=6000", ["/run/pg/.s.PGSQL.6000"]),
        ("postgresql:///d?user=u&host=h", [("h", 5432)]),
        ("postgresql:///d?user=u&host=::1&port=6000", [("::1", 6000)]),
        ("postgresql://u@ignored/d?host=a,b&port=1,2", [("a", 1), ("b", 2)]),
        ("postgresql://u@a,b/d?port=6000", [("a", 6000), ("b", 6000)]),
    ],
)
def test_hosts(url: str, addresses: list[Any]) -> None:
    """asyncpg tries exactly the hosts, ports and socket folders of the URL, in its order."""
    assert parsed(url)[0] == addresses


@pytest.mark.parametrize(
    ("url", "user", "password", "database"),
    [
        ("postgresql://ann@h/shop", "ann", None, "shop"),
        ("postgresql://ann:@h/shop", "ann", None, "shop"),
        ("postgresql://a%40b:p%3A%2F%3F%23%5B%40%25@h/sh%2Fop", "a@b", "p:/?#[@%", "sh/op"),
        ("postgresql://ann:a+b:c@h/shop", "ann", "a+b:c", "shop"),
        ("postgresql://ann:%C3%A9@h/shop", "ann", "é", "shop"),
        ("postgresql://h/shop?user=ann@srv&password=a+b", "ann@srv", "a+b", "shop"),
        ("postgresql://ann@h/shop?dbname=other", "ann", None, "other"),
        ("postgresql://ann@h/shop?database=other", "ann", None, "other"),
        ("postgresql://ann@h", "ann", None, "ann"),
        ("  postgresql://ann@h/shop\n", "ann", None, "shop"),
    ],
)
def test_login(url: str, user: str, password: str | None, database: str) -> None:
    """User, password and database are taken apart and decoded as libpq does."""
    parameters = parsed(url)[1]
    assert (parameters.user, parameters.password, parameters.database) == (user, password, database)


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require"])
def test_sslmode(mode: str) -> None:
    """asyncpg takes over each sslmode, and TLS is off for `disable` only."""
    parameters = parsed(f"postgresql://u@h/d?sslmode={mode}")[1]
    assert parameters.sslmode.name == mode
    assert bool(parameters.ssl) is (mode != "disable")


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_verifying_sslmode(mode: str, certificate: Path) -> None:
    """The verifying modes check against the certificate named in the URL; the full one the host name too."""
    parameters = parsed(f"postgresql://u@h/d?sslmode={mode}&sslrootcert={quote(str(certificate))}")[1]
    assert parameters.sslmode.name == mode.replace("-", "_")
    assert parameters.ssl.check_hostname is (mode == "verify-full")
    assert len(parameters.ssl.get_ca_certs()) == 1


def test_client_certificate(tmp_path: Path) -> None:
    """The client's certificate and key reach asyncpg's DSN, odd characters in their paths included."""
    cert, key = tmp_path / "client & co.crt", tmp_path / "client+1.key"
    cert.touch()
    key.touch()
    args = connect_args(f"postgresql://u@h/d?sslcert={quote(str(cert))}&sslkey={quote(str(key))}")
    assert (
        args["dsn"] == f"postgresql://?sslcert={quote(str(cert), safe='')}&sslkey={quote(str(key), safe='')}"
    )


@pytest.mark.parametrize(
    ("value", "on"), [("true", True), ("false", False), ("require", True), ("disable", False)]
)
def test_ssl(value: str, on: bool) -> None:
    """`ssl=` means what it says."""
    assert bool(parsed(f"postgresql://u@h/d?ssl={value}")[1].ssl) is on


def test_system_certificates() -> None:
    """sslrootcert=system verifies host and certificate against the operating system's authorities."""
    parameters = parsed("postgresql://u@h/d?sslrootcert=system&sslmode=verify-full")[1]
    assert parameters.sslmode.name == "verify_full"
    assert parameters.ssl.check_hostname


@pytest.mark.parametrize("kind", ["any", "primary", "standby", "prefer-standby", "read-write", "read-only"])
def test_target_session_attrs(kind: str) -> None:
    """Every target_session_attrs reaches asyncpg."""
    assert parsed(f"postgresql://u@a,b/d?target_session_attrs={kind}")[1].target_session_attrs == kind


def test_other_parameters(tmp_path: Path) -> None:
    """Timeout, application name, options and passfile mean what they mean to libpq."""
    passfile = tmp_path / "pass"
    passfile.write_text(f"h:5432:d:u:{SECRET}\n")
    passfile.chmod(0o600)
    url = (
        "postgresql://u@h/d?connect_timeout=3&application_name=till%201&options=-c%20geqo%3Doff"
        f"&passfile={quote(str(passfile))}"
    )
    assert connect_args(url)["timeout"] == 3
    parameters = parsed(url)[1]
    assert parameters.server_settings == {"application_name": "till 1", "options": "-c geqo=off"}
    assert parameters.password == SECRET


def test_timeout_of_zero() -> None:
    """libpq's "wait for ever" leaves the timeout to our own setting."""
    assert "timeout" not in connect_args("postgresql://u@h/d?connect_timeout=0")


def test_left_out() -> None:
    """What asyncpg does not know and does no harm never becomes a server setting."""
    parameters = parsed(
        "postgresql://u@h/d?keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3"
        "&tcp_user_timeout=1000&gssencmode=disable&channel_binding=require&client_encoding=utf8&sslsni=1"
        "&load_balance_hosts=random&min_protocol_version=3.0&max_protocol_version=latest&sslcompression=0"
    )[1]
    assert not parameters.server_settings


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "must look like"),
        ("db.example/shop", "must look like"),
        ("host=h dbname=d", "must look like"),
        (f"mysql://u:{SECRET}@h/d", "must look like"),
        (f"postgresql+psycopg2://u:{SECRET}@h/d", "must look like"),
        (f"postgresql://u:{SECRET}#x@h/d", "%23"),
        (f"postgresql://u:{SECRET}@x@h/d", "%40"),
        (f"postgresql://u:x/{SECRET}@h/d", "%2F"),
        (f"postgresql://u:x?{SECRET}@h/d", "name=value"),
        (f"postgresql://u:x?{SECRET}=1@h/d", "%3F"),
        (f"postgresql://u:{SECRET}%@h/d", "%25"),
        (f"postgresql://u:{SECRET}%zz@h/d", "%25"),
        (f"postgresql://u:{SECRET}%00@h/d", "NUL"),
        (f"postgresql://u:{SECRET}%ff@h/d", "UTF-8"),
        (f"postgresql://u:{SECRET}@::1/d", "host:port"),
        (f"postgresql://u:{SECRET}@[::1/d", "host:port"),
        (f"postgresql://u:{SECRET}@h:x/d", "host:port"),
        (f"postgresql://u:{SECRET}@h:0/d", "1 to 65535"),
        (f"postgresql://u:{SECRET}@h:65536/d", "1 to 65535"),
        (f"postgresql://u:{SECRET}@h/d?port=x", "1 to 65535"),
        (f"postgresql://u:{SECRET}@a,,b/d", "empty"),
        (f"postgresql://u:{SECRET}@a,b/d?port=1,2,3", "2 hosts but 3 ports"),
        (f"postgresql://u:{SECRET}@h/d?sslmod=require", "'sslmod'"),
        (f"postgresql://u:{SECRET}@h/d?search_path=x", "'search_path'"),
        (f"postgresql://u:{SECRET}@h/d?requirepeer=x", "'requirepeer'"),
        (f"postgresql://u:{SECRET}@h/d?sslmode=on", "verify-full"),
        (f"postgresql://u:{SECRET}@h/d?ssl=maybe", "true or false"),
        (f"postgresql://u:{SECRET}@h/d?target_session_attrs=best", "prefer-standby"),
        (f"postgresql://u:{SECRET}@h/d?connect_timeout=soon", "seconds"),
        (f"postgresql://u:{SECRET}@h/d?client_encoding=latin1", "UTF8"),
        (f"postgresql://u:{SECRET}@h/d?gssencmode=require", "TLS"),
        (f"postgresql://u:{SECRET}@h/d?sslrootcert=/nonexistent/ca.pem", "/nonexistent/ca.pem"),
        (f"postgresql://u:{SECRET}@h/d?sslrootcert=system&sslmode=require", "verify-full"),
    ],
)
def test_invalid(url: str, says: str) -> None:
    """What cannot be meant is refused with a hint, and no piece of the password is shown."""
    with pytest.raises(InvalidURL) as error:
        connect_args(url)
    assert says in str(error.value)
    assert SECRET not in str(error.value)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate authority's certificate."""
    path = tmp_path / "ca.pem"
    path.write_text(CERTIFICATE)
    return path


CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIUTXNmu+LV0yz7/gnTjmJ5+IqgpigwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHVGVzdCBDQTAgFw0yNjExMjEwMjA1NDBaGA8yMTI2MTAyODAy
MDU0MFowEjEQMA4GA1UEAwwHVGVzdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABDmXEmsmumIeKwLdCB5yRc16qc61GYXeJp2o40H2wYc5YhA3gNYOmkxrcPDp
3BkREMT7sPJk3s0YVczVLZ3tT2KjUzBRMB0GA1UdDgQWBBSSaN/+McDnbkHGR2ae
GFhMdt/tbjAfBgNVHSMEGDAWgBSSaN/+McDnbkHGR2aeGFhMdt/tbjAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIF84EiapnvGrBE8B4xlTdu42PQA6
aCIglmk9kByvvYCXAiEA8pjbfuDJACanntL8hgsDF9JvjeFUStWzQ+T2AteU2E8=
-----END CERTIFICATE-----
"""
