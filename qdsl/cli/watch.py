"""`qdsl watch`: the report of a program in the browser, new at every save."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli.commands import compile_given
from qdsl.cli.inputs import load_program
from qdsl.cli.options import program_options
from qdsl.cli.output import echo
from qdsl.records import dataclass

if TYPE_CHECKING:
    from qdsl.api import Compiled

EVERY_S = 0.2  # how often files are looked at
MOST_FILES = 1000  # of a folder
READ = frozenset(
    {
        ".qdm",
        ".qasm",
        ".stim",
        ".json",
        ".graphml",
        ".csv",
        ".npz",
        ".npy",
        ".txt",
        ".edges",
        ".toml",
    }
)
WAITING = "<!doctype html><title>qdsl</title><p>The program has not been compiled yet."
SHELL = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>qdsl watch</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
html, body { margin: 0; height: 100%; background: Canvas; color-scheme: light dark }
body { display: flex; flex-direction: column }
pre { margin: 0; padding: 12px 16px; max-height: 50vh; overflow: auto; font-size: 14px;
      background: #fdecea; color: #5f1410; border-bottom: 2px solid #b3261e; white-space: pre-wrap }
pre[hidden] { display: none }
iframe { flex: 1; width: 100%; border: 0 }
@media (prefers-color-scheme: dark) { pre { background: #3a1512; color: #ffdad6 } }
</style></head><body>
<pre id="problem" role="status" tabindex="0" hidden></pre>
<iframe id="report" title="Report" src="/report"></iframe>
<script>
const problem = document.getElementById("problem"), report = document.getElementById("report");
let seen = -1;
async function look() {
  try {
    const now = await (await fetch("/state", {cache: "no-store"})).json();
    document.title = now.title;
    problem.hidden = !now.problem;
    problem.textContent = now.problem;
    if (now.version !== seen && seen !== -1) {
      const at = report.contentWindow.scrollY;
      report.addEventListener("load", () => report.contentWindow.scrollTo(0, at), {once: true});
      report.contentWindow.location.reload();
    }
    seen = now.version;
  } catch (error) {
    problem.hidden = false;
    problem.textContent = "qdsl watch has ended: this is the last report.";
  }
  setTimeout(look, 300);
}
look();
</script></body></html>
"""


@dataclass(slots=True)
class WatchedPage:
    """What the browser is shown: the last report that there is, and what is wrong since then."""

    title: str = "qdsl watch"
    report: str = WAITING
    version: int = 0
    problem: str = ""

    def state(self) -> dict[str, Any]:
        return {"title": self.title, "version": self.version, "problem": self.problem}


@click.command("watch")
@program_options
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="PORT",
              help="Port of the page on this machine [default: any that is free]")  # fmt: skip
@click.option("--open", "is_opened", is_flag=True, help="Open the page in the browser.")
def command(port: int, is_opened: bool, **given: Any) -> None:
    """Show a program's report in the browser, again at every save."""
    page, given = WatchedPage(), given | {"as_json": False, "timing": False}
    try:
        server = page_server(page, port)
    except OSError as error:
        raise click.UsageError(f"port {port} cannot be used: {error.strerror}") from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    echo(f"watching {given['file']} at {address}  (Ctrl-C ends it)")
    if is_opened:
        click.launch(address)
    for _ in saves([given["file"].parent]):
        echo(shown_again(page, given))


# The page is the only form here.
command.params = [p for p in command.params if p.name not in ("as_json", "timing")]


def shown_again(page: WatchedPage, given: dict[str, Any]) -> str:
    """Compile the program anew for the page; what is said of it in the terminal."""
    from qdsl.diagnostics.diagnostic import InvalidProgram
    from qdsl.diagnostics.render import render_all
    from qdsl.diagnostics.request_error import Refused

    begin = time.perf_counter()
    page.title = f"{given['file'].name} - qdsl"
    asked = dict(given)
    try:
        program = load_program(asked)
        compiled = compile_given(asked, program=program)
        report, told = compiled.html(), _line(compiled)
    except InvalidProgram as error:
        page.problem = render_all(error.diagnostics)
        return page.problem
    except Refused as error:
        page.problem = str(error)
        return page.problem
    page.report, page.problem = report, ""
    page.version += 1
    return f"{told} ({time.perf_counter() - begin:.1f} s)"


def _line(compiled: Compiled) -> str:
    from qdsl.diagnostics.numbers import count, duration
    from qdsl.report.headline import verdict

    c = compiled.cost
    costs = f"{count(c.ebits, 'ebit')}, {count(c.classical_bits, 'classical bit')}"
    return f"{compiled.model}: {costs}, {duration(c.makespan_ns)}; {verdict(compiled.verification)}"


# ---- files -------------------------------------------------------------------------------


def saves(folders: list[Path]) -> Iterator[None]:
    """Now, and whenever a file that a program may read has changed in one of the folders or in a
    folder inside."""
    before = None
    while True:
        now = _looks(folders)
        if now != before:
            before = now
            yield
        time.sleep(EVERY_S)


def _looks(folders: list[Path]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    waiting = [str(folder) for folder in folders]
    for folder in waiting:
        try:
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda e: e.name):
                    if len(found) >= MOST_FILES or entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False) and len(waiting) < MOST_FILES:
                        waiting.append(entry.path)
                    elif os.path.splitext(entry.name)[1].lower() in READ:
                        status = entry.stat()
                        found[entry.path] = (status.st_mtime_ns, status.st_size)
        except OSError:  # gone, or not ours to read
            continue
    return found


# ---- the page ----------------------------------------------------------------------------


def page_server(page: WatchedPage, port: int) -> ThreadingHTTPServer:
    """A server of the page on the loopback address. Pages of other origins get nothing: a request
    has to name this address."""

    own: set[str] = set()

    class PageAnswer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            import json

            known = {
                "/": ("text/html", SHELL),
                "/report": ("text/html", page.report),
                "/state": ("application/json", json.dumps(page.state())),
            }
            if self.headers.get("Host") not in own or self.path not in known:
                self.send_error(404)
                return
            kind, text = known[self.path]
            content = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *of: Any) -> None:
            """Nothing: the terminal shows what becomes of the program."""

    server = ThreadingHTTPServer(("127.0.0.1", port), PageAnswer)
    own.update(f"{name}:{server.server_port}" for name in ("127.0.0.1", "localhost"))
    return server
