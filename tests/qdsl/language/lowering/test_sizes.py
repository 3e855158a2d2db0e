"""Sizes are computed before unrolling, exactly and at once."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qdsl.diagnostics.diagnostic import Diagnostics, InvalidProgram
from qdsl.diagnostics.render import render_all
from qdsl.language.check import check_text
from qdsl.language.lowering.declare import declare
from qdsl.language.lowering.lower import lower
from qdsl.language.lowering.sizes import operations, size_of


def counts(text: str, **given: int) -> tuple[int, int]:
    """(computed, built)"""
    checked, problems = check_text(text)
    assert checked is not None, render_all(problems)
    info = checked.models["m"]
    declared = declare(checked, info, given, Diagnostics())
    tally = size_of(info, declared)
    assert tally is not None
    return operations(tally), len(lower(checked, "m", given).table)


def model(body: str, head: str = "", n: int = 4) -> str:
    return f"""{head}
model m(n = {n}) {{
  param w: angle[n, 2*n]
  qubits q[n], r
  bits c[n]
  {body}
  rx(w[0, 0]) r
  c = measure q
  return overlap(q[0], r)
}}"""


BRICK = """circuit brick(t: angle[2*n]) on q[n] {
  for i in 0..n { ry(t[i]) q[i] }
  for i in 0..n-1 step 2 { cz q[i], q[i+1] }
  for i in 0..n { for j in i+1..n { cp(pi / 2**(j-i)) q[i], q[j] } }
  h q[1..]
  rot(0.3) Z q
}
circuit pick(bits: int[n]) on q[n] { for i in 0..n { if bits[i] == 1 { h q[i] } } }
circuit single on a, b { cx a, b; s a }
"""
PIECES = (
    "h q",
    "cx q[0], q[1..]",
    "brick(w[0]) q",
    "for i in 0..n { brick(w[i]) q }",
    "for i in 0..n { h q[i..] }",
    "for i in 0..n { let k = 2*i; for j in 0..k { x q[0] } }",
    "for i in 0..n { if i % 2 == 0 { brick(w[i]) q } else { y q[i] } }",
    "pick([1, 0, 1, 1]) q",
    "single q[0..2], q[2..]",
    "ctrl @ brick(w[0]) r, q",
    "negctrl @ ctrl @ u(0.1, 0.2, 0.3) r, q[0], q[1]",
    "pow(3) @ inv @ brick(w[0]) q",
    "pow(-2) @ rz(0.3) q",
    "pow(0.5) @ x q[0]",
    "ctrl(2) @ x q[0..2], r",
    "ctrl @ x r, q",
    "ctrl(2) @ x q[..2], q[2..], r",
    "ctrl(2) @ x q[..1], q[2..3], r",
    "ctrl @ ctrl @ swap r, q[0], q[1], q[2]",
    "reset q[1..]; barrier; measure r",
    "c[0] = measure q[0]; if c[0] { h q } else { x q[0] }",
    "for i in 0..n { for j in i..n { for k in j..n { t q[k] } } }",
    "for i in n..0 step -1 { h q[..i] }",
    "for i in 5..2 { h q }",
    "for i in [0, 2, 3] { h q[0..i] }",
    "for (i, j) in edges(cycle(n)) { cz q[i], q[j] }",
    "for i in 0..n { c[i] = measure q[i]; if c[i] == 1 { x q[i] } }",
)


@pytest.mark.parametrize("piece", PIECES)
def test_every_piece_is_counted_exactly(piece: str) -> None:
    computed, built = counts(model(piece, BRICK))
    assert computed == built


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
def test_sums_are_counted_exactly(pieces: list[str]) -> None:
    body = "\n".join(pieces)
    computed, built = counts(model(f"for turn in 0..3 {{\n{body}\n}}", BRICK))
    assert computed == built


def refused(text: str) -> str:
    started = time.process_time()
    _, problems = check_text(text)
    assert time.process_time() - started < 2
    found = [p for p in problems if p.code == "QDM216"]
    assert found, [p.code for p in problems]
    return found[0].message


def test_absurd_loops() -> None:
    text = "model m() { qubits q[1]; for i in 0..10**9 { for j in 0..10**9 { h q[0] } }"
    assert "about 10**18 operations" in refused(text + "; return sample(q) }")


def test_loops_that_do_nothing() -> None:
    text = "model m() { qubits q; for i in 0..10**12 { if i == 3 { h q } }; return sample(q) }"
    assert "iterations of loops" in refused(text)
    text = "model m() { qubits q; for i in 0..10**5 { for j in i..10**9 { if j < i { h q } } }\n"
    assert "iterations of loops" in refused(text + "return sample(q) }")


def test_very_many_outputs() -> None:
    many = ", ".join(["sample(q)"] * 5000)
    text = "model m() {{ qubits q; h q; return {} }}"
    started = time.process_time()
    _, problems = check_text(text.format(many))
    assert not problems and time.process_time() - started < 3  # 0.3 s; each with each, 6 s


def test_exponential_calls() -> None:
    calls = "circuit c0 on q { h q }\n"
    calls += "".join(f"circuit c{i} on q {{ c{i - 1} q; c{i - 1} q }}\n" for i in range(1, 41))
    assert "1,099,511,627,776 operations" in refused(
        calls + "model m() { qubits q; c40 q; return sample(q) }"
    )


def test_exponential_calls_of_nothing() -> None:
    calls = "circuit c0 on q { }\n"
    calls += "".join(f"circuit c{i} on q {{ c{i - 1} q; c{i - 1} q }}\n" for i in range(1, 41))
    text = calls + "model m() { qubits q; c40 q; return sample(q) }"
    assert "calls of circuits" in refused(text)


def test_sums_within_sums() -> None:
    inner = "sum(j in 0..1000) sum(k in 0..1000) 1"
    text = f"model m() {{ qubits q; rx(sum(i in 0..1000) {inner}) q; return sample(q) }}"
    assert [p.code for p in check_text(text)[1]] == ["QDM202"]


def test_a_power_in_a_program_too_long_to_count() -> None:
    checked, _ = check_text("""model m() {
      qubits q
      for i in 0..60000 { if i < 0 { x q } }
      pow(10**9) @ h q
      return sample(q)
    }""")
    assert checked is not None
    with pytest.raises(InvalidProgram) as caught:
        lower(checked, "m")
    assert [p.code for p in caught.value.diagnostics] == ["QDM217"]


def test_powers_and_controls() -> None:
    text = "model m() {{ qubits q[20]; {} ; return sample(q) }}"
    assert "10**9" not in refused(text.format("pow(10**9) @ h q"))
    _, problems = check_text(text.format("ctrl(19) @ x q[0..19], q[19]"))
    assert [p.code for p in problems] == ["QDM217"]


@pytest.mark.parametrize(
    ("declaration", "what"),
    [
        ("qubits q[10**6]", "1,000,000 qubits"),
        ("qubits q; bits c[2**60]", "classical bits"),
        ("qubits q; param w: angle[10**4, 10**5]", "1,000,000,000 numbers"),
        ("qubits q; data x: real[2**100]", "about 10**30 numbers"),
    ],
)
def test_declarations(declaration: str, what: str) -> None:
    assert what in refused(f"model m() {{ {declaration}; h q; return sample(q) }}")


def test_a_setting_can_be_absurd_too() -> None:
    text = "model m(n = 2) { qubits q; for i in 0..n { h q }; return sample(q) }"
    checked, _ = check_text(text)
    assert checked is not None
    with pytest.raises(InvalidProgram) as caught:
        lower(checked, "m", {"n": 10**15})
    assert [p.code for p in caught.value.diagnostics] == ["QDM216"]


def test_large_programs_are_tried_in_part() -> None:
    text = """model m(n = 1000) {
      qubits q[n]
      for i in 0..n { for j in 0..n { if j + 1 != i { cx q[i], q[j + 1] } } }
      return sample(q)
    }"""
    started = time.process_time()
    _, problems = check_text(text)
    assert time.process_time() - started < 3
    assert [p.code for p in problems] == ["QDM209"]


@pytest.mark.parametrize("piece", PIECES)
def test_plans_write_what_the_general_way_writes(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked, _ = check_text(model(piece, BRICK))
    assert checked is not None
    quick = lower(checked, "m")
    monkeypatch.setattr("qdsl.language.lowering.elaborate.plan_of", lambda statement: None)
    plain = lower(checked, "m")
    assert list(quick.table) == list(plain.table)
    assert quick.values.angles.coefficient.tolist() == plain.values.angles.coefficient.tolist()
    assert quick.values.angles.constant.tolist() == plain.values.angles.constant.tolist()
