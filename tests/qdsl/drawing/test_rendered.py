"""Drawings as PNG and PDF."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from qdsl.diagnostics.request_error import MissingExtra
from qdsl.drawing import rendered as module
from qdsl.drawing.rendered import rendered
from qdsl.drawing.svg import label, line, picture, tag
from tests.qdsl.cli.test_cli import Cli, cli  # noqa: F401 - a fixture
from tests.qdsl.report.pages import compiled
from tests.sources import EXAMPLES

EBIT = (0xB5, 0x12, 0x7B)


def needs_matplotlib() -> Any:
    return pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def pixels(png: bytes) -> tuple[int, int, list[list[tuple[int, ...]]]]:
    """Width, height and the colours of an 8-bit PNG without interlacing."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind) in ((8, 6), (8, 2))
    size, data, at = (4 if kind == 6 else 3), b"", 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    raw, rows, before = zlib.decompress(data), [], bytearray(wide * size)
    for y in range(high):
        start = y * (wide * size + 1)
        row = bytearray(raw[start + 1 : start + 1 + wide * size])
        for k in range(len(row)):
            left = row[k - size] if k >= size else 0
            corner = before[k - size] if k >= size else 0
            row[k] = (row[k] + _predicted(raw[start], left, before[k], corner)) & 255
        rows.append([tuple(row[k : k + 3]) for k in range(0, len(row), size)])
        before = row
    return wide, high, rows


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        guess = left + up - corner
        return min((left, up, corner), key=lambda x: abs(guess - x))
    return (0, left, up, (left + up) // 2)[kind]


SMALL = picture(
    40, 20, "small",
    tag("rect", width=40, height=20, fill="#ffffff")
    + line(20, 0, 20, 20, stroke="#b5127b", stroke_width=4)
    + tag("path", d="M0 0h8v8h-8z", fill="#0000ff")
    + tag("circle", cx=34, cy=10, r=4, fill="#00ff00")
    + label(8, 18, "π", class_="b"),
    ".qdsl-circuit text{font:11px sans-serif;fill:#ff0000}.qdsl-circuit .b{font-weight:600}",
)  # fmt: skip


def test_shapes_stand_where_the_picture_has_them() -> None:
    needs_matplotlib()
    wide, high, rows = pixels(rendered(SMALL, "png"))
    assert (wide, high) == (80, 40), "two pixels for one px"
    assert rows[20][40] == EBIT
    assert rows[6][6] == (0, 0, 255) and rows[20][6] == (255, 255, 255)
    assert rows[20][68] == (0, 255, 0) and rows[2][68] == (255, 255, 255)
    red = [(x, y) for y, row in enumerate(rows) for x, c in enumerate(row) if c == (255, 0, 0)]
    assert red and all(14 <= x <= 36 and 14 <= y <= 40 for x, y in red), "the text, in its colour"


@pytest.mark.slow
def test_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    needs_matplotlib()
    for form in ("png", "pdf"):
        files = [tmp_path / f"{k}.{form}" for k in range(2)]
        for k, file in enumerate(files):
            command = [
                sys.executable,
                "-m",
                "qdsl",
                "draw",
                str(EXAMPLES / "ghz.qdm"),
                "-o",
                str(file),
            ]
            subprocess.run(command, check=True, env={**_environment(), "PYTHONHASHSEED": str(k)})
        first, second = (file.read_bytes() for file in files)
        assert first == second and len(first) > 5000
        assert b"CreationDate" not in first and b"tIME" not in first


def _environment() -> dict[str, str]:
    import os

    return dict(os.environ)


def test_pdf_holds_text_and_the_page_of_the_picture() -> None:
    needs_matplotlib()
    pdf = compiled("ghz").draw("pdf")
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
    assert b"/FontFile2" in pdf, "letters are letters"
    svg = compiled("ghz").draw("svg")
    width = float(svg.split(' width="')[1].split('"')[0])
    assert f"/MediaBox [ 0 0 {width * 0.75:g}".encode() in pdf.replace(b"\n", b" ")


def test_the_command(cli: Cli, tmp_path: Path) -> None:  # noqa: F811
    needs_matplotlib()
    done = cli("draw", EXAMPLES / "remote_cnot.qdm", "-o", tmp_path / "x.PNG")
    assert done.code == 0 and not done.out and not done.err
    assert (tmp_path / "x.PNG").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
    cli: Cli,  # noqa: F811
    tmp_path: Path,
) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(module, "import_module", missing)
    with pytest.raises(MissingExtra, match=r"pip install 'qdsl-compiler\[pictures\]'"):
        compiled("ghz").draw("png")
    refused = cli("draw", EXAMPLES / "ghz.qdm", "-o", tmp_path / "x.pdf")
    assert refused.code == 2 and "pdf files need matplotlib" in refused.err
    assert not list(tmp_path.iterdir())
