"""GraphiQL, the explorer that a browser gets at `/graphql`: its page, its files, its example operations.

The page needs no other host: `npm ci` puts GraphiQL beside this module, and `routes` serves the four files
that the page names. Where they are not installed, the page names the same files on a public CDN. Either way
a browser takes them only when their SHA-384 is the one written here.

GraphiQL 4 is the last that comes as plain files; 5 has to be put together by a bundler. React 18 is,
likewise, the last React that does.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha384
from pathlib import Path
from string import Template

from graphql import OperationDefinitionNode, parse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

FOLDER = Path(__file__).parent
CDN = "https://cdn.jsdelivr.net/npm"
# The one style that GraphiQL 4.1.2 writes into the page: what is behind a dialog does not scroll.
SCROLL_LOCK = "'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo='"
# For addresses with a version in them: what is there never changes.
FOREVER = "public, max-age=31536000, immutable"
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}


@dataclass(frozen=True)
class PackageFile:
    """A file of an npm package, and the SHA-384 that it must have."""

    package: str
    version: str
    path: str
    digest: str

    @property
    def name(self) -> str:
        """Where the file is below the CDN's address, and below ours."""
        return f"{self.package}@{self.version}/{self.path}"

    @property
    def installed(self) -> Path:
        """Where npm puts the file."""
        return FOLDER / "node_modules" / self.package / self.path


PACKAGE_FILES = (
    PackageFile(
        "graphiql",
        "4.1.2",
        "graphiql.min.css",
        "1el1QShFBnnXTx9x/Cprg82hZWKt0ry29OAYIXt05swbi0KcZDFoj0CWguMpopJr",
    ),
    PackageFile(
        "react",
        "18.3.1",
        "umd/react.production.min.js",
        "DGyLxAyjq0f9SPpVevD6IgztCFlnMF6oW/XQGmfe+IsZ8TqEiDrcHkMLKI6fiB/Z",
    ),
    PackageFile(
        "react-dom",
        "18.3.1",
        "umd/react-dom.production.min.js",
        "gTGxhz21lVGYNMcdJOyq01Edg0jhn/c22nsx0kyqP0TxaV5WVdsSH1fSDUf5YJj1",
    ),
    PackageFile(
        "graphiql",
        "4.1.2",
        "graphiql.min.js",
        "9XdHu7ajgGJziD4J1zNBKQ842Q/+zZfDv+ib1eMhZWBH6hPAs806x+Jbcf0yNO6B",
    ),
)
OWN_FILES = ("explorer.css", "explorer.js")


def routes() -> list[BaseRoute]:
    """Return the routes of the files that the page loads, all below `/graphiql/`."""
    return [Route("/graphiql/{name:path}", _file)]


def page() -> Response:
    """Return the explorer's page, for a GET of `/graphql` that accepts `text/html`.

    Its addresses are relative: it also works behind a proxy that serves the application under a prefix.
    """
    elsewhere = "" if installed() else " ".join(f"{CDN}/{file.name}" for file in PACKAGE_FILES)
    policy = {
        "default-src": "'none'",
        "script-src": f"'self' {elsewhere}",
        "style-src": f"'self' {SCROLL_LOCK} {elsewhere}",
        "font-src": "data:",
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value.strip()}" for name, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
        "Vary": "Accept",
    }
    return HTMLResponse(_html(), headers=headers)


@cache
def installed() -> bool:
    """Say whether npm has installed the very files that the page is written for; looks once per process."""
    return all(file.installed.is_file() and _digest(file.installed) == file.digest for file in PACKAGE_FILES)


def examples() -> list[dict[str, str]]:
    """Return the operations of `examples.graphql` in their order, each with the comment above it.

    Every one is a tab as GraphiQL takes it: `query`, and `variables` as JSON text from `examples.json`.
    """
    source = (FOLDER / "examples.graphql").read_text()
    variables = json.loads((FOLDER / "examples.json").read_text())
    tabs = []
    start = 0
    for name, end in _operations(source):
        query = source[start:end].strip()
        start = end
        tabs.append({"query": query, "variables": json.dumps(variables[name], indent=2)})
    return tabs


def _operations(source: str) -> Iterator[tuple[str, int]]:
    """Each operation's name, and where it ends."""
    for node in parse(source).definitions:
        if isinstance(node, OperationDefinitionNode) and node.name and node.loc:
            yield node.name.value, node.loc.end


@cache
def _html() -> str:
    base = "graphiql" if installed() else CDN
    styles, scripts = [], []
    for file in PACKAGE_FILES:
        attributes = f'integrity="sha384-{file.digest}" crossorigin="anonymous"'
        address = f"{base}/{file.name}"
        if file.path.endswith(".css"):
            styles.append(f'<link rel="stylesheet" href="{address}" {attributes}>')
        else:
            scripts.append(f'<script defer src="{address}" {attributes}></script>')
    # As JSON in a data block, where only "<" could mean something to the HTML parser.
    tabs = json.dumps(examples()).replace("<", "\\u003c")
    template = Template((FOLDER / "page.html").read_text())
    return template.substitute(styles="\n".join(styles), scripts="\n".join(scripts), examples=tabs)


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    packaged = next((file for file in PACKAGE_FILES if file.name == name), None)
    if packaged and installed():
        path, etag, caching = packaged.installed, packaged.digest, FOREVER
    elif name in OWN_FILES:
        path, etag, caching = FOLDER / name, _digest(FOLDER / name), "no-cache"
    else:
        raise HTTPException(404)
    headers = {"ETag": f'"{etag}"', "Cache-Control": caching, "X-Content-Type-Options": "nosniff"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return FileResponse(path, headers=headers, media_type=MEDIA_TYPES[path.suffix])


def _digest(path: Path) -> str:
    return b64encode(sha384(path.read_bytes()).digest()).decode()
