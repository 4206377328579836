"""The server of the page: Tornado, on loopback unless told otherwise; it answers and changes nothing."""

import asyncio
import ipaddress
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TextIO, TypeVar

from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler

from gradevo.errors import GradevoError, one_line
from gradevo.live.folder import Folder
from gradevo.live.page import Page
from gradevo.report.charts.charts import bokeh_scripts, charts_style
from gradevo.report.templating import STATIC as REPORT_STATIC

HOST, PORT = "127.0.0.1", 8765
ANY = "*"
"""Among the names of a server: it may be called by any address."""
EVERY, WHILE_BEHIND = 0.5, 0.15
"""Seconds between two looks at the files, and while there is more to read."""
NICENESS = 15
"""So much does the server stand back behind trainings on the same machine."""
LONGEST = 2**20
"""Bytes of a question."""

STATIC = Path(__file__).parent / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
HEADERS = {
    # BokehJS compiles the functions that write numbers on axes.
    "Content-Security-Policy": "default-src 'none'; script-src 'self' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self' http://localhost:* http://127.0.0.1:*",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

T = TypeVar("T")


def serve(
    path: Path,
    port: int | None = None,
    host: str = HOST,
    told: Callable[[str], None] = print,
    until_closed: TextIO | None = None,
) -> None:
    """Serve the page until the process is interrupted.

    Args:
        path: Folder of records, which may come later, or a run file.
        port: 0 for any that is free; None for the usual one, or any where that is taken.
        host: Name or address of the interface to listen at.
        told: Is given the page's address when it can be opened.
        until_closed: A stream at whose end the server ends, too.

    Raises:
        GradevoError: if the path is another file, or nobody can listen there.
    """
    folder = Folder(path)
    asyncio.run(_serve(folder, _listen(host, port), host, told, until_closed))


async def _serve(
    folder: Folder, listening: socket.socket, host: str, told: Callable[[str], None], until: TextIO | None
) -> None:
    worker = ThreadPoolExecutor(max_workers=1)  # HDF5 and the pages' numbers take turns
    server = HTTPServer(application(folder, worker, host), max_body_size=LONGEST)
    server.add_socket(listening)
    told(address(host, listening.getsockname()[1]))
    loop = asyncio.get_running_loop()
    ended = loop.run_in_executor(None, until.read) if until else loop.create_future()
    try:
        while not ended.done():
            await loop.run_in_executor(worker, folder.update)
            behind = any(follower.behind for follower in folder.runs.values())
            await asyncio.wait([ended], timeout=WHILE_BEHIND if behind else EVERY)
    finally:
        server.stop()
        worker.submit(folder.close)
        worker.shutdown()


def application(folder: Folder, worker: ThreadPoolExecutor, host: str = HOST) -> Application:
    """What answers the page's questions; worker: the thread in which the folder is read."""
    scripts = bokeh_scripts()
    files = {**scripts, "charts.css": charts_style()}
    for static in (REPORT_STATIC, STATIC):
        files |= {file.name: file.read_text(encoding="utf-8") for file in static.iterdir()}
    shared = {"site": _Site(Page(folder), worker, names_of(host), list(scripts), files)}
    return Application(
        [
            (r"/()", _Shell, shared),
            (r"/(run|overlay)", _Fragment, shared),
            (r"/(news)", _News, shared),
            (r"/assets/([\w.-]+)", _Asset, shared),
        ],
        default_handler_class=_Nothing,
        default_handler_args=shared,
        log_function=lambda _: None,
    )


def names_of(host: str) -> frozenset[str]:
    """What a browser may call the server; empty for all addresses, which are no names.

    Another name in the header ``Host`` is that of a page elsewhere whose name was bound to this address.
    """
    local = {"127.0.0.1", "localhost", "::1"}
    try:
        bound = ipaddress.ip_address(host)
    except ValueError:
        return frozenset({*local, host.lower()})
    if bound.is_unspecified:
        return frozenset({*local, socket.gethostname().lower(), socket.getfqdn().lower(), ANY})
    return frozenset({*local, str(bound)})


def is_known(host: str, names: frozenset[str]) -> bool:
    """Whether a header ``Host`` without its port names this server; names: of `names_of`."""
    host = host.strip("[]").lower()
    if host != ANY and host in names:
        return True
    if ANY not in names:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def address(host: str, port: int) -> str:
    """Of the page, for a browser on this machine."""
    try:
        bound = ipaddress.ip_address(host)
    except ValueError:
        return f"http://{host}:{port}/"
    if bound.is_unspecified:
        return f"http://{'[::1]' if bound.version == 6 else '127.0.0.1'}:{port}/"
    return f"http://[{bound}]:{port}/" if bound.version == 6 else f"http://{bound}:{port}/"


def _listen(host: str, port: int | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if not host:
        raise GradevoError("--host: expected a name or an address, found none; 127.0.0.1 is the usual one")
    try:
        try:
            found = socket.create_server((host, PORT if port is None else port), family=family)
        except OSError:
            if port is not None:
                raise
            found = socket.create_server((host, 0), family=family)
        found.setblocking(False)
        return found
    except (OSError, OverflowError, UnicodeError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise GradevoError(
            f"{host} port {PORT if port is None else port}: expected an address that is free and of this "
            f"machine, found: {words}; name others with --host and --port"
        ) from error


class _Site(NamedTuple):
    """What all handlers answer from."""

    page: Page
    worker: ThreadPoolExecutor
    names: frozenset[str]
    scripts: list[str]
    files: dict[str, str]


class _Handler(RequestHandler):
    """Refuses foreign names; computes in the worker's thread."""

    def initialize(self, site: _Site) -> None:
        self._site = site

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        if not is_known(self.request.host_name, self._site.names):
            raise HTTPError(403, reason="Unknown host name")

    def write_error(self, status_code: int, **_: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        host, names = one_line(self.request.host_name)[:100], sorted(self._site.names - {ANY})
        self.finish(
            f"expected {' or '.join(names)} as the name of this server, found {host}; "
            "open the page by one of these names, or start gradevo watch with --host\n"
            if status_code == 403
            else f"{status_code}: gradevo watch has no such answer; its page is at /\n"
        )

    async def computed(self, work: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._site.worker, work, *given)

    def log_exception(self, *error: Any) -> None:
        if not isinstance(error[1], HTTPError):
            super().log_exception(*error)


class _Shell(_Handler):
    async def get(self, _: str) -> None:
        self.finish(await self.computed(self._site.page.shell, self._site.scripts))


class _Fragment(_Handler):
    async def get(self, kind: str) -> None:
        named = (self.get_query_argument("name", "", strip=False),) if kind == "run" else ()
        html = await self.computed(getattr(self._site.page, kind), *named)
        if html is None:
            raise HTTPError(404)
        self.finish(html)


class _News(_Handler):
    async def post(self, _: str) -> None:
        try:
            question = json.loads(self.request.body)
            news = await self.computed(self._site.page.news, question)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise HTTPError(400) from error
        if news is None:
            self.set_status(204)
            self.finish()
        else:
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps(news, allow_nan=False, separators=(",", ":")))


class _Asset(_Handler):
    def get(self, name: str) -> None:
        if name not in self._site.files:
            raise HTTPError(404)
        self.set_header("Content-Type", f"{TYPES[Path(name).suffix]}; charset=utf-8")
        self.finish(self._site.files[name])


class _Nothing(_Handler):
    def prepare(self) -> None:
        super().prepare()
        raise HTTPError(404)


class Watch:
    """A page that is served by another process, so that this one is free to train; closed with this one.

    Attributes:
        url: Where the page is.
    """

    def __init__(self, path: str | Path, port: int | None = None, height: int = 900) -> None:
        self._height = height
        code = "import sys; from gradevo.live.server import child; child(*sys.argv[1:])"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code, os.fspath(path), "" if port is None else str(port)],
            stdin=subprocess.PIPE,  # at whose end it ends, however this process does
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            _, said = self._process.communicate()
            raise GradevoError(said.strip().removeprefix("gradevo: ") or "gradevo watch: did not start")

    def close(self) -> None:
        """End the page."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Watch({self.url!r})"

    def _repr_html_(self) -> str:
        url = escape(self.url)
        return (
            f'<iframe src="{url}" title="gradevo watch" width="100%" height="{self._height}" '
            f'style="border:0"></iframe><p><a href="{url}" target="_blank" rel="noopener">{url}</a></p>'
        )


def child(path: str, port: str) -> None:
    """What `Watch` runs."""
    os.nice(NICENESS)
    try:
        serve(Path(path), int(port) if port else None, told=_say, until_closed=sys.stdin)
    except GradevoError as error:
        sys.exit(f"gradevo: {error}")
    except KeyboardInterrupt:
        pass  # of the terminal or notebook: its process decides


def _say(url: str) -> None:
    print(url, flush=True)
