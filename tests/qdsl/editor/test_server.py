"""A whole session with the server, as an editor has it; the command without its library."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.qdsl.editor.client import Client
from tests.qdsl.editor.programs import PROGRAM, offset

REFRESHES = {"workspace": {"inlayHint": {"refreshSupport": True}}}


@pytest.fixture
def client() -> Iterator[Client]:
    found = Client()
    yield found
    found.end()


def position(text: str, word: str, behind: int = 0) -> dict[str, int]:
    at = offset(text, word) + behind
    line = text.count("\n", 0, at)
    return {"line": line, "character": at - (text.rfind("\n", 0, at) + 1)}


def test_a_session(client: Client, tmp_path: Path) -> None:
    found = client.start(REFRESHES)
    assert found["serverInfo"]["name"] == "qdsl"
    assert found["capabilities"]["positionEncoding"] == "utf-16"
    path = tmp_path / "fit.qdm"
    path.write_text(PROGRAM)
    uri = client.open(path, PROGRAM)
    file = {"textDocument": {"uri": uri}}

    def ask(what: str, place: dict[str, int], **more: Any) -> Any:
        return client.request(f"textDocument/{what}", {**file, "position": place, **more})

    assert client.wait_for("textDocument/publishDiagnostics", 1)["diagnostics"] == []
    assert "owned by `bob`" in ask("hover", position(PROGRAM, "w) q"))["contents"]["value"]
    declared = ask("definition", position(PROGRAM, "w) q"))
    assert declared["uri"] == uri
    assert declared["range"]["start"] == position(PROGRAM, "w: angle")
    context = {"includeDeclaration": True}
    assert len(ask("references", position(PROGRAM, "alice {"), context=context)) == 4
    assert ask("prepareRename", position(PROGRAM, "bob {"))["start"] == position(PROGRAM, "bob {")
    renamed = ask("rename", position(PROGRAM, "bob {"), newName="carol")
    assert {e["newText"] for e in renamed["changes"][uri]} == {"carol"}
    with pytest.raises(LookupError, match="'model' is a keyword"):
        ask("rename", position(PROGRAM, "bob {"), newName="model")
    assert len(client.request("textDocument/documentSymbol", file)) == 4
    assert len(client.request("textDocument/semanticTokens/full", file)["data"]) > 500
    style = {"tabSize": 2, "insertSpaces": True}
    assert client.request("textDocument/formatting", {**file, "options": style}) == []

    client.wait_for("workspace/inlayHint/refresh")
    everything = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    hints = client.request("textDocument/inlayHint", {**file, "range": everything})
    assert hints and all("ebit" in hint["label"] for hint in hints)
    costly = {"line": hints[0]["position"]["line"], "character": 3}
    assert "at effort 0" in ask("hover", costly)["contents"]["value"]
    _after_a_change(client, uri, ask)
    assert client.stop() == 0
    assert client.errors == b""


def _after_a_change(client: Client, uri: str, ask: Any) -> None:
    """One letter is typed wrongly, a line is half written; then all is well again."""
    file = {"textDocument": {"uri": uri}}
    text = PROGRAM.replace("layer(w)", "laier(w)").replace("  c = m", "  crz(\n  c = m")
    client.change(uri, 2, PROGRAM.replace("layer(w)", "laier(w)"))
    (problem,) = (
        d for d in client.wait_for("textDocument/publishDiagnostics", 2)["diagnostics"]
        if d["severity"] == 1
    )  # fmt: skip
    assert problem["code"] == "QDM103"
    params = {**file, "range": problem["range"], "context": {"diagnostics": [problem]}}
    (action,) = client.request("textDocument/codeAction", params)
    assert action["title"] == "Replace `laier` by `layer`"
    assert action["edit"]["changes"][uri][0]["newText"] == "layer"
    client.change(uri, 3, text)
    behind = position(text, "crz(", 4)
    help_ = ask("signatureHelp", behind)
    assert help_["signatures"][0]["label"] == "crz(theta) control, target"
    assert "w" in {item["label"] for item in ask("completion", behind)}
    assert client.wait_for("textDocument/publishDiagnostics", 3)["diagnostics"]
    client.notify("textDocument/didChange", {
        "textDocument": {"uri": uri, "version": 4},
        "contentChanges": [
            {"range": {"start": position(text, "  crz("), "end": position(text, "  c = m")},
             "text": ""},
            {"range": {"start": position(text, "laier"), "end": position(text, "laier", 5)},
             "text": "layer"},
        ],
    })  # fmt: skip
    assert client.wait_for("textDocument/publishDiagnostics", 4)["diagnostics"] == []
    client.notify("textDocument/didClose", file)
    assert client.wait_for("textDocument/publishDiagnostics")["diagnostics"] == []


def test_typing_is_checked_once_it_rests(client: Client, tmp_path: Path) -> None:
    client.start()
    uri = client.open(tmp_path / "not saved 🙂.qdm", "model m() {\n")
    client.wait_for("textDocument/publishDiagnostics", 1)
    written = "model m() { qubits q; /* 🙂 */ h q; return sample(q) }"
    for k in range(20, len(written) + 1):
        client.change(uri, k, written[:k])
    assert client.wait_for("textDocument/publishDiagnostics", len(written))["diagnostics"] == []
    versions = [m["params"]["version"] for m in client.told]
    assert len(versions) < 20
    place = {"line": 0, "character": written.index("h q") + 1 + 2}  # two units for the face
    params = {"textDocument": {"uri": uri}, "position": place}
    assert "classical" not in client.request("textDocument/hover", params)["contents"]["value"]
    found = client.request("textDocument/definition", params)
    assert found["range"]["start"]["character"] == written.index("q;")
    assert client.stop() == 0


@pytest.mark.slow
def test_other_units_and_the_end_of_the_pipe(client: Client, tmp_path: Path) -> None:
    client.start({"general": {"positionEncodings": ["utf-8", "utf-16"]}})
    text = "model m() { qubits q; /* 🙂 */ h q; return sample(q) }"
    uri = client.open(tmp_path / "m.qdm", text)
    place = {"line": 0, "character": len(text.partition("h q")[0].encode()) + 2}
    params = {"textDocument": {"uri": uri}, "position": place}
    client.wait_for("textDocument/publishDiagnostics", 1)
    found = client.request("textDocument/definition", params)
    assert found["range"]["start"]["character"] == text.index("q;")
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert client.process.wait(timeout=30) in (0, 1)


def test_without_its_library_the_command_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['pygls'] = None; sys.argv = ['qdsl', 'lsp']\n"
    code += "from qdsl.cli import main; main()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr == (
        "qdsl: the language server needs pygls, which is not installed: "
        "pip install 'qdsl-compiler[editor]'\n"
    )


def test_the_command_line_does_not_load_the_server() -> None:
    code = "import sys, qdsl.cli; from qdsl.cli.commands import cli\n"
    code += "cli.get_command(None, 'lsp'); print('pygls' in sys.modules, 'lark' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]
