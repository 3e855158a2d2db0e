"""`qdsl watch`: what the page gets before, between and after saves, and who gets nothing."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qdsl.cli import watch
from qdsl.cli.commands import cli as commands

TEXT = "model m() on g { qubits q[2]; h q[0]; cx q[0], q[1]; return sample(q) }\n"


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "m.qdm").write_text("network g = line(2) { qubits 1, comm 1 }\n" + TEXT)
    command = commands.get_command(None, "watch")  # type: ignore[arg-type]
    asked = command.make_context("watch", [str(tmp_path / "m.qdm")]).params  # type: ignore[union-attr]
    return asked | {"as_json": False, "timing": False}


@pytest.fixture
def served() -> Iterator[tuple[watch.WatchedPage, str]]:
    page = watch.WatchedPage()
    server = watch.page_server(page, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield page, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_page_follows_the_file(
    given: dict[str, Any], served: tuple[watch.WatchedPage, str]
) -> None:
    page, address = served

    def got(path: str) -> str:
        with urllib.request.urlopen(address + path) as answer:
            return str(answer.read().decode())

    assert "not been compiled" in got("/report") and "iframe" in got("/")
    assert watch.shown_again(page, given).startswith("m: 1 ebit, 2 classical bits, 0 ns; equal")
    assert json.loads(got("/state")) == {"title": "m.qdm - qdsl", "version": 1, "problem": ""}
    first = got("/report")
    assert "m on g" in first
    text = given["file"].read_text()
    given["file"].write_text(text.replace("cx", "cxx"))
    assert "QDM103" in watch.shown_again(page, given)
    state = json.loads(got("/state"))
    assert state["version"] == 1 and "QDM103" in state["problem"] and got("/report") == first
    given["file"].write_text(text.replace("cx q[0], q[1]; ", ""))
    assert watch.shown_again(page, given).startswith("m: 0 ebits")
    assert json.loads(got("/state"))["version"] == 2 and got("/report") != first


@pytest.mark.parametrize(
    ("path", "host"), [("/", "evil.example"), ("/state", "127.0.0.1:1"), ("/etc/passwd", None)]
)
def test_others_get_nothing(
    served: tuple[watch.WatchedPage, str], path: str, host: str | None
) -> None:
    request = urllib.request.Request(served[1] + path, headers={"Host": host} if host else {})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 404


def test_a_save_of_any_file_that_is_read_is_seen(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    seen = watch.saves([tmp_path])
    next(seen)
    for name in ("m.qdm", "inside/c.qasm", "inside/x.csv"):
        (tmp_path / "note.md").write_text(name)
        (tmp_path / name).write_text(name)
        next(seen)


def test_a_port_that_is_taken(served: tuple[watch.WatchedPage, str], given: dict[str, Any]) -> None:
    import click

    port = int(served[1].rpartition(":")[2])
    with pytest.raises(click.UsageError, match="cannot be used"):
        watch.command.callback(**given | {"port": port})  # type: ignore[misc]
