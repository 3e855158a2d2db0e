"""Programs as characters: every operation is there, lines fit, nothing is drawn twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import qdsl
from qdsl.drawing.forms import UnknownForm
from qdsl.drawing.layout import layout
from qdsl.drawing.plain import plain_picture
from tests.qdsl.cli.test_cli import Cli, cli  # noqa: F401 (a fixture)
from tests.qdsl.report.pages import NAMES, compiled
from tests.sources import EXAMPLES

TELEPORT = """
network net = line(2) { qubits 1, comm 1 }
model m() on net { qubits a, b; at node0 { h a }; at node1 { x b }; cz a, b; return expect(Z a) }
"""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [60, 80, 160])
def test_every_operation_is_drawn_once(name: str, width: int) -> None:
    drawing = layout(compiled(name).scheduled)
    text = plain_picture(drawing, width)
    ebits = sum(m.name == "ebit" for m in drawing.marks)
    assert text.count("◆") == 2 * ebits
    assert len(re.findall(r"\[M(?:\?0?)?\]", text)) == sum(
        m.name == "measure" for m in drawing.marks
    )
    assert text.count("⊕") == sum(m.name in ("cx", "ccx") for m in drawing.marks)
    longest = max(len(m.text) for m in drawing.marks)
    assert max(map(len, text.splitlines())) <= max(width, 40 + longest) + 12  # outputs behind it


def test_a_small_program_line_by_line() -> None:
    text = qdsl.loads(TELEPORT).compile(verify=False).draw()
    assert text.splitlines() == [
        "node0 data 0 a [h]───●────────────────────[z?]─ Z",
        "node0 comm 0       ◆┄⊕┄[M]",
        "node1 data 0 b [x]─┃────────────●──────────────",
        "node1 comm 0       ◆┄┄┄┄┄┄┄[x?]┄●┄[h]┄[M]",
    ]


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(UnknownForm, match="there are text, svg"):
        compiled("ghz").draw("gif")


def test_the_command(cli: Cli, tmp_path: Path) -> None:  # noqa: F811
    done = cli("draw", EXAMPLES / "ghz.qdm")
    assert done.code == 0 and "◆" in done.out and max(map(len, done.out.splitlines())) <= 100
    file = tmp_path / "ghz.svg"
    assert cli("draw", EXAMPLES / "ghz.qdm", "-o", file).code == 0
    assert file.read_text().startswith("<svg")
    refused = cli("draw", EXAMPLES / "ghz.qdm", "-o", tmp_path / "ghz.gif")
    assert refused.code == 2 and "cannot draw '.gif' files; there are .txt, .svg" in refused.err
