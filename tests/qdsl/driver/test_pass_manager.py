"""The pass registry and the loop that runs, checks and counts."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import qdsl
import qdsl.passes
from qdsl.cli.crash_report import write_crash
from qdsl.diagnostics.diagnostic import InternalError
from qdsl.driver.pass_manager import (
    DEFAULT_PASSES,
    PassFailure,
    UnknownPass,
    check_order,
    configured,
    find_pass,
    pass_names,
    run_passes,
)
from qdsl.ir.printing import print_ir
from qdsl.ir.stages import Circuit, DistributedCircuit, PlacedCircuit, ScheduledCircuit
from tests.build import circuit, network
from tests.sources import BELL

PASSES = Path(qdsl.passes.__file__ or "").parent


@dataclass(frozen=True)
class Misplace:
    """A pass that says everything happens at a node that does not exist."""

    name: ClassVar[str] = "misplace"
    node: int = field(default=9, metadata={"help": "where everything happens"})

    def run(self, ir: PlacedCircuit) -> PlacedCircuit:
        return replace(ir, site=np.full(len(ir.site), self.node, np.int16))


@pytest.fixture
def misplace(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """`misplace` as if it were a file of `passes/`."""
    module = types.ModuleType("qdsl.passes.misplace")
    vars(module)["Misplace"] = Misplace
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr("qdsl.driver.pass_manager.pass_names", lambda: (*pass_names(), "misplace"))
    yield "misplace"


def test_the_files_are_the_registry() -> None:
    files = {p.stem for p in PASSES.glob("*.py") if not p.stem.startswith("_")}
    folders = {p.parent.name for p in PASSES.glob("*/__init__.py")}
    assert len(folders) > 5
    assert set(pass_names()) == {name.replace("_", "-") for name in files | folders}
    for name in pass_names():
        entry = find_pass(name)
        assert entry.make.name == entry.name == name
        assert entry.doc.strip()
        assert all(option.help for option in entry.options), name


@pytest.mark.parametrize("place", ["do_nothing.py", "do_nothing/do_nothing.py"])
def test_a_file_or_folder_more_is_a_pass_more(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    if "/" in place:
        (tmp_path / "do_nothing/__init__.py").write_text('"""Nothing."""\n')
    (tmp_path / place).write_text(
        "from dataclasses import dataclass\n"
        "from typing import ClassVar\n"
        "from qdsl.ir.stages import Circuit\n\n"
        "@dataclass(frozen=True)\n"
        "class DoNothing:\n"
        "    '''Nothing.'''\n"
        "    name: ClassVar[str] = 'do-nothing'\n"
        "    def run(self, ir: Circuit) -> Circuit:\n"
        "        return ir\n"
    )
    (tmp_path / "_shared.py").write_text("raise SystemExit('this is no pass')\n")
    monkeypatch.setattr(qdsl.passes, "__path__", [*qdsl.passes.__path__, str(tmp_path)])
    assert "do-nothing" in pass_names()
    assert "shared" not in pass_names()
    compiled = qdsl.loads(BELL).compile(passes=("do-nothing", *DEFAULT_PASSES))
    assert [p.name for p in compiled.passes] == ["do-nothing", *DEFAULT_PASSES]
    assert compiled.verification.verified
    for name in [m for m in sys.modules if m.startswith("qdsl.passes.do_nothing")]:
        monkeypatch.delitem(sys.modules, name)


def test_the_annotations_are_the_contract() -> None:
    stages = [(find_pass(p).source, find_pass(p).target) for p in DEFAULT_PASSES]
    assert stages == [
        (Circuit, Circuit),
        (Circuit, PlacedCircuit),
        (PlacedCircuit, DistributedCircuit),
        (DistributedCircuit, ScheduledCircuit),
    ]


@pytest.mark.parametrize(
    "order",
    [
        ("schedule",),
        ("partition", "partition"),
        ("partition", "schedule"),
        ("canonicalize", "insert-communication"),
        (*DEFAULT_PASSES, "canonicalize"),
    ],
)
def test_a_wrong_order_is_refused_before_anything_runs(order: tuple[str, ...]) -> None:
    with pytest.raises(UnknownPass, match=f"'{order[-1]}' takes a .*, and would get a "):
        check_order(order)


def test_right_orders_pass() -> None:
    check_order(())
    check_order(("partition", "insert-communication", "schedule"))
    check_order(("canonicalize", "canonicalize", *DEFAULT_PASSES))


def test_an_unknown_pass_is_refused() -> None:
    with pytest.raises(UnknownPass, match="'fly'; there are canonicalize"):
        find_pass("fly")


def test_options_are_fields_with_defaults() -> None:
    options = {o.name: o for name in DEFAULT_PASSES for o in find_pass(name).options}
    assert options["seed"].type is int
    assert options["seed"].default == 0
    assert options["policy"].choices == ("asap", "alap")
    assert configured("partition", {"seed": 7, "policy": "alap"}) == find_pass("partition").make(
        seed=7
    )


def test_records_count_every_stage() -> None:
    source = circuit(3, [("h", [0]), ("cx", [0, 1]), ("cx", [1, 2])], network=network(qubits=2))
    stage, records = run_passes(source, [configured(p, {}) for p in DEFAULT_PASSES])
    assert isinstance(stage, ScheduledCircuit)
    assert [r.name for r in records] == list(DEFAULT_PASSES)
    first, last = records[0].before, records[-1].after
    assert (first.operations, first.multi_qubit, first.ebits, first.makespan_ns) == (
        3,
        2,
        None,
        None,
    )
    assert (last.ebits, last.makespan_ns) == (1, stage.makespan_ns)
    assert all(a.after == b.before for a, b in pairwise(records))
    assert all(r.seconds >= 0 and r.verify_seconds >= 0 for r in records)


def test_a_broken_source_is_refused_before_any_pass() -> None:
    source = replace(circuit(2, [("cx", [0, 1])]), registers=())
    with pytest.raises(InternalError, match="lower: rule '"):
        run_passes(source, [])


def test_a_broken_result_is_blamed_on_its_pass(misplace: str) -> None:
    source = circuit(2, [("cx", [0, 1])], network=network())
    passes = [configured(p, {}) for p in ("partition", misplace)]
    with pytest.raises(PassFailure, match="misplace: rule '") as caught:
        run_passes(source, passes)
    assert isinstance(caught.value.before, PlacedCircuit)
    assert caught.value.stage == "misplace"
    assert set(caught.value.before.site.tolist()) <= {0, 1}, "the input, not the broken result"


@dataclass(frozen=True)
class Stumble:
    """A pass that fails in the middle."""

    name: ClassVar[str] = "stumble"
    error: type[Exception] = ZeroDivisionError

    def run(self, ir: Circuit) -> Circuit:
        raise self.error("on purpose")


def test_an_exception_inside_a_pass_is_its_failure() -> None:
    source = circuit(2, [("cx", [0, 1])], network=network())
    with pytest.raises(PassFailure, match="stumble: rule 'ends-without-exception' is broken: Zero"):
        run_passes(source, [Stumble()])
    with pytest.raises(MemoryError):
        run_passes(source, [Stumble(MemoryError)])
    with pytest.raises(UnknownPass):  # a request that cannot be met stays one
        run_passes(source, [Stumble(UnknownPass)])


def test_the_crash_file_reproduces_the_failure(
    misplace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source = circuit(2, [("cx", [0, 1])], network=network())
    with pytest.raises(PassFailure) as caught:
        run_passes(source, [configured(p, {}) for p in ("partition", misplace)])
    sentence = write_crash(caught.value, ["qdsl", "compile", "my file.qdm"])
    (file,) = tmp_path.glob("qdsl-crash-*.txt")
    assert str(file) in sentence
    text = file.read_text()
    assert "qdsl compile 'my file.qdm'" in text
    assert "rule '" in text
    assert print_ir(caught.value.before) in text


def test_a_crash_that_cannot_be_written_is_no_second_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    assert "could not be written" in write_crash(ValueError("x"), ["qdsl"])
