"""The checker: what it finds, where, and that nothing follows from what was said already."""

from __future__ import annotations

import random
import re
import subprocess
import sys

import pytest

import qdsl
from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram, Severity
from qdsl.diagnostics.render import render_all
from qdsl.language.check import check_text
from qdsl.language.lowering.lower import lower
from qdsl.language.typed.program import Checked
from tests.qdsl.programs import QAOA, TWO_PARTY
from tests.sources import ROOT

NET = """network lan {
  node alice { qubits 9 }
  node bob { qubits 9 }
  node carol { qubits 9 }
  link alice -- bob { rate 200 Hz }
  link bob -- carol { rate 200 Hz }
}
"""
HEAD = "data x: real[n] owner alice\nparam w: angle[2, n] owner bob\nparam v: angle\nbits c[n]\n"


def problems_of(text: str) -> tuple[Diagnostic, ...]:
    return check_text(text)[1]


def codes(text: str) -> list[str]:
    return [p.code for p in problems_of(text) if p.severity is Severity.ERROR]


def in_model(body: str, declare: str = HEAD, result: str = "return sample(q)") -> str:
    return f"{NET}model m(n = 3) on lan {{\n{declare}qubits q[n], r\n{body}\n{result}\n}}"


def checked(text: str) -> Checked:
    found, problems = check_text(text)
    assert found is not None, render_all(problems)
    return found


@pytest.mark.parametrize("name", ["e", "pi", "tau"])
@pytest.mark.parametrize(
    "text",
    [
        "model m() { qubits E[2]; h E[0]; cx E[0], E[1]; h E; return sample(E) }",
        "model m(E = 2) { qubits q[E]; for i in 0..E { rx(E * 0.1) q[i] }; return sample(q) }",
        "model m() { qubits q; bits E; E = measure q; if E { x q }; return sample(E) }",
        "model m() { qubits q; param E: angle; rx(E) q; return sample(q) }",
        "model m() { qubits q; let E = 3; rx(E) q; return sample(q) }",
        "model m() { qubits q[2]; for E in 0..2 { h q[E] }; return sample(q) }",
        "circuit f(E: angle) on q { rx(E) q }\nmodel m() { qubits q; f(1) q; return sample(q) }",
        "circuit f on E { h E }\nmodel m() { qubits q; f q; return sample(q) }",
    ],
)
def test_a_name_that_is_a_constants_is_one_error(text: str, name: str) -> None:
    (problem,) = problems_of(text.replace("E", name))
    assert problem.code == "QDM102"
    assert problem.help == f"call it something else, `{name}_`"


# ---- statements, one at a time ---------------------------------------------------------

STATEMENTS: dict[str, list[str]] = {
    # names and kinds
    "h p": ["QDM101"],
    "cx q[k], r": ["QDM101"],
    "let q = 3": ["QDM102"],
    "let pi = 3": ["QDM102"],
    "for n in 0..3 { h q[0] }": ["QDM102"],
    "let k = 1; for k in 0..3 { h q[k] }": ["QDM102"],
    "for i in 0..3 { h q[i] }; for i in 0..3 { h q[i] }": [],
    "for i in 0..2 { let k = i; h q[k] }; let k = 2; h q[k]": [],
    "for i in 0..2 { let k = i; h q[k] }; h q[k]": ["QDM101"],
    "had q": ["QDM103"],
    "ghz q": ["QDM103"],
    "measure v": ["QDM104"],
    "c[0] = measure c[1]": ["QDM104"],
    "q[0] = measure r": ["QDM104"],
    "h x": ["QDM104"],
    "rx(lan) r": ["QDM101"],
    # counts
    "rx r": ["QDM204"],
    "h(0.1) r": ["QDM204"],
    "u(0.1, 0.2) r": ["QDM204"],
    "cx r": ["QDM205"],
    "swap q": ["QDM205"],
    "ccx q[0], q[1]": ["QDM205"],
    "ctrl @ x r": ["QDM205"],
    "ctrl @ cx r, q[0]": ["QDM205"],
    # angles
    "rx(1 / v) r": ["QDM203"],
    "rx(cos(v)) r": ["QDM203"],
    "rx(v**2 * x[0]) r": [],
    "rx(w) r": ["QDM207"],
    "rx(w[0]) r": ["QDM207"],
    "rx(w[0, 0, 0]) r": ["QDM207"],
    "rx(v[0]) r": ["QDM207"],
    "rx(n == 3) r": ["QDM104"],
    "rx(2 us) r": ["QDM211"],
    "rx(90 deg) r": [],
    # sizes
    "cx q, r": [],
    "cx q, q[0]": ["QDM210"],
    "swap r, r": ["QDM210"],
    "cx q[0..2], q": ["QDM206"],
    "h q[3]": ["QDM209"],
    "h q[1..5]": ["QDM209"],
    "h q[2..1]": [],
    "h q[0, 0]": ["QDM207"],
    "h r[0]": ["QDM207"],
    "h q[0.5]": ["QDM104"],
    "h q[n / 3]": ["QDM104"],
    "c = measure q[0..2]": ["QDM206"],
    "rot(v) XX q": ["QDM225"],
    "rot(v) XYZ q": [],
    # loops and conditions
    "for i in n { h q[i] }": ["QDM226"],
    "for (i, j) in 0..3 { h q[i] }": ["QDM226"],
    "for i in edges(cycle(3)) { h q[i] }": ["QDM226"],
    "for i in cycle(3) { h q[i] }": ["QDM226"],
    "for i in 0..3 step 0 { h q[i] }": ["QDM202"],
    "for i in 0..2.5 { h q[0] }": ["QDM104"],
    "for i in 0..v { h q[0] }": ["QDM218"],
    "if n { h r }": ["QDM104"],
    "if v > 1 { h r }": ["QDM218"],
    "if c[0] { h r }": ["QDM220"],
    "c = measure q; if c { h r }": ["QDM219"],
    "c = measure q; if c[0] and c { h r }": ["QDM219"],
    "c = measure q; if c[0] and not c[1] or n > 2 { h r }": [],
    "c = measure q; if c[0] == c[1] { h r }": [],
    "c = measure q; if c[0] == 2 { h r }": ["QDM219"],
    "c = measure q; if c == 8 { h r }": ["QDM219"],
    "c = measure q; if c == 7 { h r }": [],
    "c = measure q; if c[0] { if not c[1] { h r } }": [],
    "c = measure q; if c[..2] < 3 { h r }": [],
    "c[0] = measure q[0]; if c[0] and c[1] { h r }": ["QDM220"],
    "c = measure q; if c[0] and c[1] { c[2] = measure q[2] }": ["QDM221"],
    "c = measure q; if c[0] { measure r }": ["QDM221"],
    "c = measure q; if c[0] { barrier }": ["QDM221"],
    "c = measure q; if c[0] { move r to bob }": ["QDM221"],
    "c = measure q; if c[0] { reset r; h r } else { x r }": [],
    # encodings and modifiers
    "amplitude(x) q": ["QDM214"],
    "amplitude(x) q[0..2]": [],
    "amplitude(x[0]) r": ["QDM207"],
    "amplitude(3) r": ["QDM104"],
    "amplitude() r": ["QDM204"],
    "h q; amplitude(x) q[0..2]": ["QDM213"],
    "h r; amplitude(x) q[0..2]": [],
    "h q; reflect(x) q[0..2]": [],
    "reflect(x) q": ["QDM214"],
    "phase(x) q": ["QDM214"],
    "relabel(x) q": ["QDM104"],
    "inv @ amplitude(x) q[0..2]": ["QDM217"],
    "pow(0.5) @ swap r, q[0]": ["QDM217"],
    "pow(v) @ x r": ["QDM218"],
    "ctrl(0) @ x r, q[0]": ["QDM205"],
    "ctrl(v) @ x r, q[0]": ["QDM218"],
    # places
    "at dave { h r }": ["QDM303"],
    "at alise { h r }": ["QDM303"],
    "move r to dave": ["QDM303"],
    "reveal x to dave": ["QDM303"],
    "reveal y to bob": ["QDM101"],
    "at alice { at alice { h r } }": [],
    "at alice { at bob { h r } }": ["QDM307"],
    "at bob { rx(x[0]) r }": ["QDM301"],
    "at carol { rx(x[0] + w[0, 0]) r }": ["QDM301"],
    "at alice { rx(v) r; rx(x[1]) r }": [],
    "rx(x[0] + w[0, 0]) r": ["QDM302"],
    "u(x[0], 0, w[0, 0]) r": ["QDM302"],
    "reveal x to bob; rx(x[0] + w[0, 0]) r; at bob { rx(x[0] + w[0, 0]) r }": [],
    "reveal x to carol; rx(x[0] + w[0, 0]) r": ["QDM302"],
    "reveal x to carol; reveal w to carol; rx(x[0] + w[0, 0]) r": [],
    "let y = x[0]; at bob { rx(y) r }": ["QDM301"],
    "at bob { rx(x[0]) r }; reveal x to bob": ["QDM301"],
    # statements in the wrong place
    "for i in 0..2 { qubits z }": ["QDM111"],
    "at alice { data y: real }": ["QDM111"],
    "for i in 0..2 { return sample(q) }": ["QDM111"],
    "return sample(q)": ["QDM113"],
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement(statement: str) -> None:
    assert codes(in_model(statement)) == STATEMENTS[statement]


RESULTS: dict[str, list[str]] = {
    "return expect(Z q[0] + 0.5 * X r)": [],
    "return expect(2)": [],
    "return expect(Z q)": ["QDM222"],
    "return expect(q[0])": ["QDM222"],
    "return expect(v)": ["QDM218"],
    "return expect(v * Z r)": ["QDM218"],
    "return expect(X r * Y r)": ["QDM222"],
    "return expect(1 / Z r)": ["QDM222"],
    "return expect(Z r / 0)": ["QDM202"],
    "return expect(Z q[9])": ["QDM209"],
    "return expect(sum(i in 0..4) Z q[i])": ["QDM209"],
    "return expect(Z r, X r)": ["QDM223"],
    "return expect(edges(cycle(3)))": ["QDM222"],
    "return sample(q, r) to bob": [],
    "return sample(q, q[0])": ["QDM223"],
    "return sample()": ["QDM223"],
    "return sample(v)": ["QDM104"],
    "return sample(q) to eve": ["QDM303"],
    "return expect(Z r) to bob": ["QDM223"],
    "return overlap(q, r)": ["QDM223"],
    "return overlap(q[0], q[0])": ["QDM223"],
    "return overlap(q[0], r)": [],
    "return overlap(q)": ["QDM223"],
    "return overlap(q[0], r), probability(q)": ["QDM223"],
    "return expect(X q[1]), overlap(q[0], r), expect(Z q[1] * Y r)": ["QDM223"],
    "return samples(q)": ["QDM223"],
    "return probability(q), expect(Z r)": [],
    "return norm2(q)": ["QDM223"],
    "": ["QDM112"],
}


@pytest.mark.parametrize("result", RESULTS)
def test_a_result(result: str) -> None:
    assert codes(in_model("h q", result=result)) == RESULTS[result]


DECLARATIONS: dict[str, list[str]] = {
    "data y: float": ["QDM110"],
    "param y: bits[2]": ["QDM110"],
    "param y: graph": ["QDM110"],
    "data y: matching": ["QDM110"],
    "data y: matching[3]": ["QDM215"],
    "data y: matching[4]": [],
    "data y: real[0 - 1]": ["QDM215"],
    "data y: real[v]": ["QDM218"],
    "data y: real[2.0]": ["QDM104"],
    "data y: real owner dave": ["QDM303"],
    "data y: graph": ["QDM104"],
    "data y: graph = 3": ["QDM104"],
    "data y: graph[3] = cycle(3)": ["QDM110"],
    "data y: graph owner bob = cycle(3)": ["QDM306"],
    "data y: real = 3 owner bob": ["QDM001"],
    "data y: real owner bob = 3": ["QDM306"],
    "data y: int[2] = [1, 2]": [],
    "data y: int[2] = [1, 2, 3]": ["QDM104"],
    "qubits y[0]": ["QDM215"],
    "qubits y[2], q": ["QDM102"],
    "bits y[10**9]": ["QDM216"],
}


@pytest.mark.parametrize("declaration", DECLARATIONS)
def test_a_declaration(declaration: str) -> None:
    assert codes(in_model(f"h q\n{declaration}")) == DECLARATIONS[declaration]


CIRCUITS: dict[str, list[str]] = {
    "circuit f(t: angle[n]) on q[n] { rx(t[0]) q }": [],
    "circuit f(t: angle[n]) on q[n] { rx(t) q }": ["QDM207"],
    "circuit f(t: angle[k]) on q[n] { rx(t[0]) q }": [],
    "circuit f(t: angle[n], t: angle) on q[n] { rx(t[0]) q }": ["QDM102"],
    "circuit f(t: angles) on q[n] { rx(t) q }": ["QDM110"],
    "circuit f on q[n] { at alice { h q } }": ["QDM111"],
    "circuit f on q[n] { reveal x to bob }": ["QDM101", "QDM111"],
    "circuit f on q[n] { qubits z; h q }": ["QDM111"],
    "circuit f on q[n] { for i in 0..n { if i > 0 { h q[i] } } }": [],
    "circuit f(k: int) on q[n] { for i in 0..k { h q[i] } }": [],
    "circuit f(t: angle) on q[n] { for i in 0..t { h q[i] } }": ["QDM218"],
    "circuit f on q[n] { f q }": ["QDM108"],
    "circuit f on q[n] { g q }; circuit g on q[n] { h q }": [],
    "circuit f on q[n] { h q }; circuit f on q[n] { h q }": ["QDM102"],
    "circuit h on q[n] { x q }": ["QDM102"],
    "circuit f on q[n], q { h q }": ["QDM102"],
    "circuit f on q[m + 1] { h q }": ["QDM101"],
}


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_a_circuit(circuit: str) -> None:
    assert codes(circuit) == CIRCUITS[circuit]


CALLS: dict[str, list[str]] = {
    "f(w[0], 2) q": [],
    "f(w, 2) q": ["QDM207"],
    "f(w[0, 0..2], 2) q": ["QDM208"],
    "f(w[0], 2.5) q": ["QDM104"],
    "f(w[0], v) q": ["QDM218"],
    "f(w[0]) q": ["QDM204"],
    "f(w[0], 2) q, r": ["QDM205"],
    "f(w[0], 2) q[0..2]": ["QDM208"],
    "f([1, v, pi], 2) q": [],
    "f([1, v], 2) q": ["QDM208"],
    "f(q, 2) q": ["QDM104"],
    "g q": [],
    "g q, q": ["QDM205"],
    "ctrl @ g r, q": ["QDM217"],
    "ctrl @ f(w[0], 2) r, q": [],
    "ctrl @ f(w[0], 2) q[0], q": ["QDM210"],
    "ctrl @ f(w[0], 2) q, q": ["QDM217"],
    "inv @ k r": ["QDM217"],
}
FUNCTIONS = """circuit f(t: angle[n], k: int) on q[n] { for i in 0..n { rx(k*t[i]) q[i] } }
circuit g on a { h a; reset a }
circuit k on a { measure a }
"""


@pytest.mark.parametrize("call", CALLS)
def test_a_call(call: str) -> None:
    assert codes(FUNCTIONS + in_model(call)) == CALLS[call]


# ---- whole files -----------------------------------------------------------------------


def test_many_problems_and_no_cascades() -> None:
    text = in_model("rx(wrong + w[0, 9]) q[j]\nhh q\nlet k = missing\nrx(k * x[k]) q[k]")
    assert codes(text) == ["QDM101", "QDM101", "QDM103", "QDM101"]


def test_an_error_hides_no_warning_elsewhere_and_no_trial_is_made() -> None:
    text = in_model("hh q\nh q[9]")
    assert codes(text) == ["QDM103"]  # sizes are looked at when names are right


def test_the_same_mistake_in_every_turn_is_said_once() -> None:
    assert codes(in_model("for i in 0..3 { h q[i + 1]; h q[i + 2] }")) == ["QDM209", "QDM209"]


def test_errors_of_a_circuit_are_reported_once_for_all_its_calls() -> None:
    circuit = "circuit f on q[n] { h q[n] }\n"
    assert codes(circuit + in_model("f q; f r; f q[0..2]").replace("f r;", "")) == ["QDM209"]


def test_warnings() -> None:
    text = "circuit f on q { h q }\nmodel m(n = 2, k = 1) { qubits q[n], r; h q; return sample(q) }"
    found, problems = check_text(text)
    assert found is not None
    assert [p.code for p in problems] == ["QDM106", "QDM107", "QDM107"]
    assert found.problems == problems


def test_a_library_of_circuits_has_no_unused_ones() -> None:
    assert problems_of("circuit f on q { h q }") == ()
    assert problems_of("") == ()


def test_two_party() -> None:
    found = checked(TWO_PARTY.replace('network lab  = from "lab.json"', ""))
    model = found.models["two_party"]
    assert model.parameters == {"n": 4, "layers": 2}
    assert [(v.name, v.role, v.kind, v.shape, v.owner) for v in model.vectors] == [
        ("x", "data", "real", ("2**n",), "alice"),
        ("a", "param", "angle", ("layers", "2*n"), "alice"),
        ("b", "param", "angle", ("layers", "2*n"), "bob"),
    ]
    assert model.network == "lan"
    fit = found.experiments["fit"]
    assert (fit.model, fit.settings, fit.loss) == ("two_party", {"n": 4, "layers": 2}, "mse")
    assert [s[:4] for s in fit.sources] == [
        ("data", "x", "points.npz", "x"),
        ("label", "y", "points.npz", "y"),
    ]
    assert (fit.gradient, fit.epsilon, fit.delta) == ("auto", 0.05, 0.01)
    assert (fit.optimiser, fit.optimiser_options) == ("adam", {"lr": 0.05})
    assert (fit.steps, fit.batch, fit.seed, fit.shots) == (200, 16, 1, 2000)


def test_settings_are_tried_too() -> None:
    text = "model m(n) { qubits q[2]; h q[n]; return sample(q) }\n"
    assert codes(text) == []
    assert codes(text + "experiment e of m { set n = 1 }") == []
    assert codes(text + "experiment e of m { set n = 2 }") == ["QDM209"]
    assert codes(text + "experiment e of m { shots 5 }") == ["QDM224"]


def test_parameters_may_depend_on_earlier_ones() -> None:
    found = checked("model m(n = 3, k = 2**n) { qubits q[k]; h q; return sample(q[0..n]) }")
    assert found.models["m"].parameters == {"n": 3, "k": 8}


def test_standard_circuits_can_be_replaced() -> None:
    text = "use std.algorithms\ncircuit ghz on q[n] { x q }\n"
    found = checked(text + "model m() { qubits q[2]; ghz q; return sample(q) }")
    assert [r.op.name for r in lower(found, "m").table] == ["x", "x"]


def test_unknown_operations_name_their_module() -> None:
    (problem,) = problems_of("model m() { qubits q[2]; ghz q; return sample(q) }")
    assert problem.help == "write `use std.algorithms` at the top of the file"


@pytest.mark.slow
def test_deep_calls_are_refused() -> None:
    calls = "circuit c0 on q { h q }\n"
    calls += "".join(f"circuit c{i} on q {{ c{i - 1} q }}\n" for i in range(1, 3000))
    model = "model m() { qubits q; c2999 q; return sample(q) }"
    assert codes(calls + model) == ["QDM108"]


def test_checking_stays_light() -> None:
    """Nothing heavy is imported for a program that draws no random graph."""
    code = (
        "import sys; from tests.qdsl.programs import TWO_PARTY;"
        "from qdsl.language.check import check_text;"
        "check_text(TWO_PARTY); heavy = {'numpy', 'networkx', 'jax', 'qiskit', 'lark'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = ROOT
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_places_of_a_foreign_value() -> None:
    (problem,) = problems_of(
        in_model("at bob { rx(2*x[0]) r; h q; rx(v + w[0, 0]) r }\nc = measure q")
    )
    texts = [(label.span.text, label.text) for label in problem.labels]
    assert texts == [("2*x[0]", "used at bob"), ("x", "owned by alice"), ("bob", "at bob")]


# ---- fuzz ------------------------------------------------------------------------------

TOKENS = re.compile(r'"[^"\n]*"|\w+|\*\*|\.\.|==|--|\S|\n')
SEEDS = (TWO_PARTY, NET.replace("lan", "quad") + QAOA, in_model("rx(v) q; c = measure q"))


def mutant(seed: int) -> str:
    """A program with a few words replaced by others of its own."""
    rng = random.Random(seed)
    words = TOKENS.findall(rng.choice(SEEDS))
    for _ in range(rng.randint(1, 3)):
        words[rng.randrange(len(words))] = rng.choice([*words, "0", "-1", "100000000", "2.5"])
    return " ".join(words)


@pytest.mark.parametrize("batch", range(4))
def test_no_program_makes_the_checker_fail(batch: int) -> None:
    for seed in range(40 * batch, 40 * batch + 40):
        text = mutant(seed)
        found, problems = check_text(text)
        assert render_all(problems) or found is not None
        if found is not None:
            lower_all(found)


def lower_all(found: Checked) -> None:
    """What checks can be lowered, or is refused at these sizes."""
    for name in found.models:
        try:
            lower(found, name)
        except InvalidProgram as refused:
            assert refused.diagnostics


def test_what_is_encoded_is_given_when_the_program_runs() -> None:
    text = "model m() { data u: real[2] = [3, 4]; qubits q; amplitude(u) q; return sample(q) }"
    _, (problem,) = check_text(text)
    assert problem.code == "QDM104"
    assert "declare `data x: real[4]` without a value" in " ".join(render_all([problem]).split())


def test_a_model_behind_very_many_errors_is_not_taken_for_sound() -> None:
    many = "".join(f"model m{k}() {{ qubits q; h r }}\n" for k in range(230))
    last = "model last() { qubits q[3us]; h q; return sample(q) }\n"
    checked, problems = check_text(many + last)
    assert {p.code for p in problems} >= {"QDM101", "QDM028"}
    assert checked is None or not checked.is_sound


def test_a_register_among_several_controls() -> None:
    """It counts as one; the message says what to write."""
    text = "model m() { qubits c[2], d, t; ctrl(3) @ x c, d, t; return sample(t) }"
    with pytest.raises(InvalidProgram) as error:
        qdsl.loads(text)
    (problem,) = error.value.diagnostics
    assert problem.code == "QDM205"
    assert "a register counts as one of them" in str(problem.help)
    assert "`c[0], c[1], ...`" in str(problem.help)
    qdsl.loads(text.replace("x c, d, t", "x c[0], c[1], d, t"))
    qdsl.loads(text.replace("ctrl(3) @ x c, d, t", "ctrl(2) @ x c, t"))
