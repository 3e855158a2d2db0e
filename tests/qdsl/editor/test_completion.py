"""Completion and signatures: what can stand at a place, and nothing that cannot."""

from __future__ import annotations

import pytest

from qdsl.editor.calls import signature_help
from qdsl.editor.completion import completion
from qdsl.language.check import check_text
from qdsl.language.values.steps import APPLICABLE
from tests.qdsl.editor.programs import PROGRAM, applied, offset, opened, written
from tests.sources import EXAMPLES, ROOT

BODY = "model m(k = 2) on lan {\n  qubits q[k], r\n  bits c\n  data v: real[k]\n  "


def labels(start: str) -> set[str]:
    document, at = written(start)
    return {item["label"] for item in completion(document, at)}


@pytest.mark.parametrize(
    ("start", "there", "missing"),
    [
        ("", {"model", "network", "circuit", "experiment", "use"}, {"for", "h"}),
        ("mo", {"model"}, {"measure"}),
        ("use std.", {"ansatz", "encode"}, {"model"}),
        ("model m() on ", {"lan"}, {"fit", "on"}),
        ("experiment e of ", {"fit"}, {"lan"}),
        ("network n = ", {"ring", "line", "grid", "from"}, {"h"}),
        ("network n { node a { qubits 2, ", {"comm", "t1", "gates_at_once"}, {"rate", "qubits"}),
        ("network n {\n node a\n node b { qubits 2 }\n link ", {"a", "b"}, {"alice"}),
        ("network n {\n node a\n node b { qubits 2 }\n link a -- ", {"a", "b"}, {"node"}),
        ("network n { link a -- b { ", {"rate", "fidelity", "preset"}, {"comm"}),
        ("network n { link a -- b = ", {"ion_2025_demonstrated"}, {"ionq_forte_2026"}),
        ("network n { node a { hardware ", {"ionq_forte_2026"}, {"sc_heralded"}),
        ("network n { link a -- b { distillation ", {"dejmps", "bbpssw"}, {"ideal"}),
        ("network n { link a -- b { rate 2 ", {"Hz", "MHz"}, {"us", "rad"}),
        (BODY, {"h", "cx", "layer", "for", "return", "measure", "rot"}, {"else", "alice", "in"}),
        (BODY + "at ", {"alice", "bob"}, {"lan", "q"}),
        (BODY + "data d: ", {"real", "graph"}, {"q"}),
        (BODY + "param d: ", {"angle", "real"}, {"graph"}),
        (BODY + "param d: angle[k] ow", {"owner"}, {"for"}),
        (BODY + "param d: angle[k] owner ", {"bob"}, {"k"}),
        (BODY + "let d = ", {"k", "v", "sqrt", "pi"}, {"q", "d", "h"}),
        (BODY + "for i in 0..", {"k"}, {"q"}),
        (BODY + "for i in 0..k { h q[", {"i", "k"}, {"q"}),
        (BODY + "rx(", {"v", "k", "pi"}, {"q"}),
        (BODY + "rx(1) ", {"q", "r"}, {"v", "h"}),
        (BODY + "c = ", {"measure"}, {"for"}),
        (BODY + "return expect(sum(j in 0..k) ", {"X", "Z", "k", "j"}, {"alice"}),
        (BODY + "data g: graph = random_regular(3, 4, s", {"seed", "k"}, {"q"}),
        ("model m(a = 2, b = a + ", {"a"}, {"fit"}),
        (BODY + "ctrl @ ", {"h", "inv", "layer"}, {"for"}),
        (BODY + "move q to ", {"alice"}, {"q"}),
        (BODY + "reveal ", {"v"}, {"q"}),
        (BODY + "return ", {"expect", "sample"}, {"q", "sin"}),
        (BODY + "return expect(", {"q"}, {"alice"}),
        (BODY + "if c == 1 { x q[0] } ", {"else", "h"}, set()),
        (BODY + "if c == 1 { x q[0] }\n  h q\n  ", {"h"}, {"else"}),
        ("circuit c(a: ", {"angle", "graph"}, {"a"}),
        ("circuit c(a: angle[n]) on q[n] {\n  ry(", {"a", "n"}, {"q"}),
        ("experiment e of fit {\n  ", {"set", "data", "loss", "train", "shots"}, {"for", "h"}),
        ("experiment e of fit {\n  loss mse, ", {"shots", "set"}, {"loss", "adam"}),
        ("experiment e of fit {\n  train adam { steps 9, ", {"batch"}, {"steps"}),
        ("experiment e of fit {\n  set ", {"n"}, {"x"}),
        ("experiment e of fit {\n  data ", {"x"}, {"w", "n"}),
        ("experiment e of fit {\n  loss ", {"mse", "value"}, {"adam"}),
        ("experiment e of fit {\n  train ", {"adam", "sgd"}, {"mse"}),
        ("experiment e of fit {\n  train adam(", {"lr"}, {"mass"}),
        ("experiment e of fit {\n  train adam { ", {"steps", "batch"}, {"lr"}),
        ("experiment e of fit {\n  gradient ", {"parameter_shift", "auto"}, {"adam"}),
        ("experiment e of fit {\n  data x from \"a.csv\" ", {"standardise"}, {"mse"}),
    ],
)  # fmt: skip
def test_what_can_stand_there(start: str, there: set[str], missing: set[str]) -> None:
    found = labels(start)
    assert there <= found
    assert not missing & found


PROGRAMS = [*sorted(EXAMPLES.glob("*.qdm")), *sorted((ROOT / "grammar" / "std").glob("*.qdm"))]
# `std` is offered with what is behind it; the others are sizes in heads of circuits, and a label,
# where they stand for the first time
NEW = {"std", "n", "layers", "p", "y"}


def test_what_programs_say_is_offered_where_they_say_it() -> None:
    """Of every second word, but for names where they are declared, and the letters of rotations."""
    missing, count = set(), 0
    for path in PROGRAMS:
        document = opened(path.read_text("utf-8"), str(path))
        index = document.analyse().index
        assert index is not None
        declared = {e.name_span.start for e in index.entities if e.name_span and e.is_own}
        for token in document.tokens()[::2]:
            if token.text.isidentifier() and token.start not in declared:
                count += 1
                found = {item["label"] for item in completion(document, token.start + 1)}
                missing |= {token.text} - found
    assert missing <= NEW
    assert count > 1000


@pytest.mark.parametrize("start", ["// mo", BODY + "/* for ", 'circuit c from "fo', BODY + "let f"])
def test_nothing_is_completed_in_text_and_new_names(start: str) -> None:
    assert labels(start) == set()


def test_the_whole_word_is_replaced() -> None:
    document, at = written("mod")
    item = next(i for i in completion(document, at) if i["label"] == "model")
    assert item["textEdit"]["range"]["start"]["character"] == 0
    assert item["textEdit"]["range"]["end"]["character"] == 3


def test_a_circuit_of_the_library_brings_its_module() -> None:
    document, at = written("model big(k = 2) {\n  qubits q[k]\n  qf")
    item = next(i for i in completion(document, at) if i["label"] == "qft")
    (use,) = item["additionalTextEdits"]
    text = applied(document.text, [use, item["textEdit"]], document)
    checked, problems = check_text(text + " q\n  return sample(q)\n}\n")
    assert checked is not None and problems == ()
    document, at = written(
        "model big(k = 2) {\n  qubits q[k]\n  qf", f"use std.algorithms\n{PROGRAM}"
    )
    item = next(i for i in completion(document, at) if i["label"] == "qft")
    assert "additionalTextEdits" not in item


def test_in_the_middle_of_a_program_that_is_whole() -> None:
    document = opened()
    found = {i["label"] for i in completion(document, offset(PROGRAM, "cx q[0]"))}
    assert {"layer", "cx", "for"} <= found


@pytest.mark.parametrize("name", APPLICABLE)
def test_every_operation_has_a_signature_that_the_language_takes(name: str) -> None:
    """As many arguments and operands as it says are accepted by the check."""
    document, at = written(f"{BODY}{name}(")
    if name in ("rot", "relabel") or "real" in str(signature_help(document, at)):
        return  # words and data are no numbers; what remains is gates
    found = signature_help(document, at)
    if found is None:  # an operation without arguments
        document, at = written(f"{BODY}{name} ")
        found = signature_help(document, at)
    assert found is not None
    signature = found["signatures"][0]
    parts = [signature["label"][a:b] for a, b in (p["label"] for p in signature["parameters"])]
    angles = [p for p in parts if p in ("theta", "phi", "lambda")]
    called = f"({', '.join('1' for _ in angles)})" if angles else ""
    qubits = [f"q[{k}]" for k in range(len(parts) - len(angles))]
    text = f"model m() {{ qubits q[4]; {name}{called} {', '.join(qubits)}; return sample(q) }}"
    assert check_text(text)[0] is not None


@pytest.mark.parametrize(
    ("start", "label", "active"),
    [
        (BODY + "crz(", "crz(theta) control, target", 0),
        (BODY + "crz(1) ", "crz(theta) control, target", 1),
        (BODY + "crz(1) q[0], ", "crz(theta) control, target", 2),
        (BODY + "u(1, ", "u(theta, phi, lambda) q", 1),
        (BODY + "u(sin(1), max(2, ", "max(x, y, ...)", 1),
        (BODY + "inv @ layer(", "layer(theta: angle[n]) q[n]", 0),
        (BODY + "let y = sqrt(", "sqrt(x)", 0),
        (BODY + "data g: graph = random_regular(3, ", "random_regular(d, n, seed = ...)", 1),
        (BODY + "return overlap(q, ", "overlap(a, b)", 1),
        ("network n = grid(2, ", "grid(rows, columns)", 1),
        ("experiment e of fit {\n  train adam(lr = 1, ", "adam(lr = ..., b1 = ..., b2 = ..., "
         "eps = ...)", 1),
    ],
)  # fmt: skip
def test_signatures(start: str, label: str, active: int) -> None:
    found = signature_help(*written(start))
    assert found is not None
    assert found["signatures"][0]["label"] == label
    assert found["activeParameter"] == active


@pytest.mark.parametrize("start", ["", "// rx(", BODY, BODY + "let k2 = (1 + ", BODY + "nothing("])
def test_no_signature(start: str) -> None:
    assert signature_help(*written(start)) is None
