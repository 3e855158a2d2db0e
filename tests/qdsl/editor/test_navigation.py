"""Definitions, references, new names, outline and hover."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest

from qdsl.editor.colours import KINDS, semantic_tokens
from qdsl.editor.completion import completion
from qdsl.editor.costs import LineCosts, said
from qdsl.editor.document import Document
from qdsl.editor.edits import formatting, inlay_hints
from qdsl.editor.hover import hover
from qdsl.editor.navigation import (
    CannotRename,
    definition,
    document_symbols,
    prepare_rename,
    references,
    rename,
)
from qdsl.editor.positions import Lines
from qdsl.editor.problems import diagnostics
from qdsl.language.check import check_text
from qdsl.language.formatting.format import format_source
from tests.qdsl.editor.programs import PROGRAM, applied, offset, opened


def start_of(place: dict[str, Any] | None) -> tuple[int, int]:
    assert place is not None
    start = place["range"]["start"]
    return start["line"], start["character"]


@pytest.mark.parametrize(
    ("used", "declared"),
    [
        ("alice -- bob", "alice {"), ("lan {\n  data", "lan {\n  node"), ("x[i]", "x: real"),
        ("alice\n  param", "alice {"), ("layer(w)", "layer(theta"), ("theta[i]", "theta: angle"),
        ("n]) on q[n]", "n] {\n  for"), ("fit {\n  set", "fit(n"), ("n = 4\n", "n = 4) on"),
        ("q[1])", "q[n]\n  bits"), ("c == 1", "c\n  at"), ("i]) q[i] } }", "i in 0..n { rx"),
    ],
)  # fmt: skip
def test_definition(used: str, declared: str) -> None:
    document = opened()
    found = definition(document, offset(PROGRAM, used))
    at = document.lines.position(offset(PROGRAM, declared))
    assert start_of(found) == (at["line"], at["character"])


@pytest.mark.parametrize("word", ["for i", "cx q", "200", "// One"])
def test_what_the_language_has_built_in_is_declared_nowhere(word: str) -> None:
    assert definition(opened(), offset(PROGRAM, word)) is None


def test_the_definition_of_a_node_of_a_shape_is_its_network() -> None:
    text = "network r = ring(3) { qubits 2 }\nmodel m() on r { qubits q; at node1 { h q }\n"
    document = opened(text + "  return sample(q)\n}\n")
    assert start_of(definition(document, offset(text, "node1"))) == (0, 0)
    with pytest.raises(CannotRename, match="named by its network"):
        rename(document, offset(text, "node1"), "hub")


@pytest.mark.parametrize(
    ("word", "count"),
    [("alice {", 4), ("lan {", 2), ("layer(t", 2), ("fit(n", 2), ("n = 4) on", 7), ("x: real", 2)],
)
def test_references_are_the_uses_and_no_others(word: str, count: int) -> None:
    document = opened()
    found = references(document, offset(PROGRAM, word))
    name = word.split()[0].split("(")[0].rstrip(":")
    assert len(found) == count
    for place in found:
        start, end = (document.lines.offset(place[side]) for side in ("start", "end"))
        assert PROGRAM[start:end] == name
    assert len(references(document, offset(PROGRAM, word), False)) == count - 1


@pytest.mark.parametrize("word", ["alice {", "lan {", "layer(t", "fit(n", "n = 4) on", "w: angle",
                                  "q[n]\n  bits", "c\n  at", "i in 0..n { rx", "theta:",
                                  "run of", "n]) on"])  # fmt: skip
def test_a_renamed_program_is_the_same_but_for_the_name(word: str) -> None:
    document = opened()
    text = applied(PROGRAM, rename(document, offset(PROGRAM, word), "another"), document)
    checked, problems = check_text(text, "fit.qdm")
    assert checked is not None and "another" in text
    assert [p.code for p in problems] == [p.code for p in document.analyse().problems]
    back = opened(text)
    name = word.split()[0].split("(")[0].split("[")[0].rstrip(":")
    name = "n" if word.startswith("n]") else name
    assert applied(text, rename(back, offset(text, "another"), name), back) == PROGRAM


@pytest.mark.parametrize(
    ("word", "name", "why"),
    [
        ("alice {", "model", "keyword"),
        ("alice {", "set", "keyword"),
        ("alice {", "bob", "'bob' already in 'lan'"),
        ("alice {", "2a", "no name"),
        ("alice {", "a b", "no name"),
        ("layer(t", "h", "an operation of the language"),
        ("x: real", "w", "'w' already in 'fit'"),
        ("x: real", "i", "'i' already in 'fit'"),
        ("x: real", "pi", "a constant"),
        ("for i", "j", "no name of the program"),
    ],
)
def test_names_that_would_change_the_program_are_refused(word: str, name: str, why: str) -> None:
    with pytest.raises(CannotRename, match=why):
        rename(opened(), offset(PROGRAM, word), name)


def test_names_are_renamed_where_they_cannot_stand_too() -> None:
    text = "model m(n = 4) {\n  qubits q[n]; bits c; h c; rx(q) q[0]; if n { x q[c] }\n"
    text += "  return sample(q)\n}\n"
    document = opened(text)
    codes = [p.code for p in document.analyse().problems]
    assert len(codes) > 2
    for word, count in (("c; h", 3), ("q[n]", 5), ("n = 4", 3)):
        edits = rename(document, offset(text, word), "other")
        assert len(edits) == count
        assert [p.code for p in opened(applied(text, edits, document)).analyse().problems] == codes


def test_nothing_is_renamed_in_a_program_with_syntax_errors() -> None:
    document = opened()
    document.change(PROGRAM.replace("cx q[0],", "cx q[0"), 2)
    with pytest.raises(CannotRename, match="syntax errors"):
        prepare_rename(document, offset(PROGRAM, "alice {"))


def test_the_outline() -> None:
    found = document_symbols(opened())
    assert [(s["name"], [c["name"] for c in s["children"]]) for s in found] == [
        ("lan", ["alice", "bob"]),
        ("layer", ["theta", "q"]),
        ("fit", ["n", "x", "w", "q", "c"]),
        ("run", []),
    ]


# ---- other files ---------------------------------------------------------------------------


@pytest.fixture
def using(tmp_path: Path) -> Document:
    """A program whose network and circuit are in another file."""
    before, circuit, model = PROGRAM.partition("model fit")
    (tmp_path / "lab.qdm").write_text(before)
    text = f'use "lab.qdm"\nuse std.algorithms\n\n{circuit}{model}'
    path = tmp_path / "fit.qdm"
    path.write_text(text.replace("layer(w) q", "layer(w) q; qft q"))
    return opened(path.read_text(), str(path))


@pytest.mark.parametrize(
    ("word", "file", "declared"),
    [
        ("layer(w)", "lab.qdm", "layer(theta"),
        ("lan {", "lab.qdm", "lan {"),
        ("alice\n", "lab.qdm", "alice {"),
        ("qft", "algorithms.qdm", "qft on"),
        ('"lab.qdm"', "lab.qdm", "// Two"),
    ],
)
def test_definitions_in_other_files(using: Document, word: str, file: str, declared: str) -> None:
    found = definition(using, offset(using.text, word))
    assert found is not None and found["uri"].startswith("file:///")
    path = Path(url2pathname(urlparse(found["uri"]).path))
    assert path.name == file
    text = path.read_text("utf-8")
    assert text[Lines(text).offset(found["range"]["start"]) :].startswith(declared)


def test_names_of_other_files_are_used_here_and_declared_there(using: Document) -> None:
    assert [p.code for p in using.analyse().problems] == []
    assert len(references(using, offset(using.text, "alice\n"))) == 2
    with pytest.raises(CannotRename, match=r"'layer' is declared in .*lab\.qdm, not in this file"):
        rename(using, offset(using.text, "layer(w)"), "other")
    with pytest.raises(CannotRename, match="a circuit 'layer' already"):
        rename(opened("circuit a on q { h q }\n" + using.text, using.path), 8, "layer")
    assert [s["name"] for s in document_symbols(using)] == ["fit", "run"]
    found = hover(using, offset(using.text, "layer(w)"))
    assert found is not None and "One layer." in found["contents"]["value"]
    using.change(using.text + "model m() on ", 2)
    assert "lan" in {i["label"] for i in completion(using, len(using.text))}


def test_problems_of_a_used_file_stand_where_it_is_used(using: Document) -> None:
    lab = Path(using.path).with_name("lab.qdm")
    lab.write_text(lab.read_text().replace("ry(", "rry("))
    (found,) = diagnostics(opened(using.text, using.path).analyse(), "file:///fit.qdm")
    assert found["range"]["start"] == {"line": 0, "character": 4}
    (related,) = found["relatedInformation"]
    assert related["location"]["uri"] == lab.as_uri()
    assert related["location"]["range"]["start"]["line"] == 9


# ---- hover ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "said_there"),
    [
        ("x[i]", "data x: real[n] owner alice|owned by `alice`"),
        ("w) q", "param w: angle[n] owner bob|1 dimension|trained parameter"),
        ("layer(w)", "circuit layer(theta: angle[n]) on q[n]|One layer."),
        ("cx q", "cx control, target|Controlled X"),
        ("rx(x", "rx(theta) q|Rotation exp(-i theta X/2)."),
        ("n - 1", "integer parameter|an integer"),
        ("alice\n", "A node of the network `lan`."),
        ("lan {", "network lan|Two parties."),
        ("rate 200", "a rate in Hz, kHz or MHz"),
        ("comm 2", "communication qubits"),
        ("expect(", "Expectation of an observable"),
        ("measure q", "measure q[0]"),
        ("shots 100", "shots of each estimate"),
        ("c == 1", "classical bits"),
    ],
)
def test_hover(word: str, said_there: str) -> None:
    found = hover(opened(), offset(PROGRAM, word))
    assert found is not None
    for part in said_there.split("|"):
        assert part in found["contents"]["value"]


def test_what_others_wrote_is_text_and_no_markup() -> None:
    text = "// ![p](https://elsewhere.example/p.png) <img src=x> [a](b) `c` *d*\n"
    text += "circuit c on q { h q /* ``` ![p](x) */ }\n"
    text += "model m() { qubits q; c q; return sample(q) }"
    document = opened(text)
    for word in ("c on", "c q", "q { h"):
        found = hover(document, offset(text, word))
        assert found is not None
        told = found["contents"]["value"]
        outside = re.sub(r"^(`{3,})qdm\n.*?^\1$", "", told, flags=re.S | re.M)
        assert not re.search(r"(?<!\\)[<\[*]", outside)
    assert "\\`c\\`" in told_of(document, "c on")
    assert "![p](https://elsewhere.example/p.png)" in told_of(document, "c on").replace("\\", "")


def told_of(document: Document, word: str) -> str:
    found = hover(document, offset(document.text, word))
    assert found is not None
    return str(found["contents"]["value"])


def test_nothing_is_said_of_comments_and_blanks() -> None:
    document = opened()
    assert hover(document, offset(PROGRAM, "One layer")) is None
    assert hover(document, offset(PROGRAM, "\n\n") + 1) is None


# ---- costs and layout ------------------------------------------------------------------------


def test_costs_stand_at_their_lines_until_these_change() -> None:
    document = opened()
    line = PROGRAM[: offset(PROGRAM, "cx q[0]")].count("\n")
    document.costs = LineCosts(PROGRAM, {"fit": {line + 1: 2, 1: 1}})
    hints = inlay_hints(document, 0, 99)
    assert [(h["position"]["line"], h["label"]) for h in hints] == [
        (0, "1 ebit"),
        (line, "2 ebits"),
    ]
    assert inlay_hints(document, 5, 9) == []
    document.change("\n" + PROGRAM, 2)
    assert inlay_hints(document, 1, 99)[-1]["position"]["line"] == line + 1
    found = hover(document, offset(document.text, "cx q[0]"))
    assert found is not None and "This line: 2 ebits at effort 0." in found["contents"]["value"]
    document.change(PROGRAM.replace("cx q[0]", "cz q[0]"), 3)
    assert [h["position"]["line"] for h in inlay_hints(document, 0, 99)] == [0]


def test_costs_of_several_models_are_named() -> None:
    assert said({"a": 1}) == "1 ebit"
    assert said({"a": 1200, "b": 1}) == "1,200 ebits in a, 1 in b"


def test_formatting_is_that_of_the_formatter_and_says_what_changes() -> None:
    text = PROGRAM.replace("  cx q[0],", "      cx   q[0],")
    document = opened(text)
    (edit,) = formatting(document)
    assert applied(text, [edit], document) == format_source(document.source) == PROGRAM
    assert edit["range"]["start"]["line"] == edit["range"]["end"]["line"]
    assert formatting(opened()) == []
    assert formatting(opened(text.replace("model", "modle"))) == []


def test_colours_are_those_of_the_names_and_words() -> None:
    text = PROGRAM.replace("// One layer.", "/* One\n   🙂 layer. */")
    document = opened(text)
    found, line, start = [], 0, 0
    numbers = semantic_tokens(document)
    for down, across, length, kind, _ in zip(*[iter(numbers)] * 5, strict=True):
        line, start = line + down, across if down else start + across
        place = document.lines.offset({"line": line, "character": start})
        end = document.lines.offset({"line": line, "character": start + length})
        found.append((text[place:end], KINDS[kind]))
    assert found[1:3] == [("network", "keyword"), ("lan", "namespace")]
    assert ("   🙂 layer. */", "comment") in found
    kinds = dict(found)
    assert (kinds["alice"], kinds["layer"]) == ("enumMember", "function")
    assert {("x", "property"), ("x", "function")} < set(found)  # data, and a gate
    assert (kinds["0.97"], kinds["Hz"], kinds["real"]) == ("number", "number", "type")
    assert (kinds["w"], kinds["n"], kinds["q"]) == ("parameter", "parameter", "variable")
