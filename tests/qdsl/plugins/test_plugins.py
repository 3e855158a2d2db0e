"""Plug-ins from other packages: found, loaded, checked, refused."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.driver.pass_manager import DEFAULT_PASSES
from qdsl.plugins.registry import GROUPS, plugin_names, plugins
from qdsl.report.data import Report
from qdsl.report.text import render_report
from qdsl.studies.bench.suite import cases
from qdsl.studies.doctor import EXTRAS, REQUIRED, examine
from tests.qdsl.plugins.packages import PASS, installed, one_plugin
from tests.sources import BELL, EXAMPLES, ROOT

Install = Callable[..., Path]
EXAMPLE = EXAMPLES / "plugin"
WITH_IDS = "model m() { qubits q[2]; id q; cx q[0], q[1]; id q; return sample(q) }"
PRESET = {"api_version": 1, "kind": "ideal", "source": "s", "date": "2026", "link": {"rate": 10.0}}


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package of one module, for one kind of plug-in, into a folder of the path."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))

    def one(kind: str, name: str, text: str, package: str = "other-things") -> Path:
        one_plugin(tmp_path, kind, name, text, package)
        monkeypatch.syspath_prepend(str(tmp_path / "nothing" / package))  # another path: read anew
        return tmp_path

    yield one
    for module in set(sys.modules) - before:
        if module.startswith(("other_", "more_", "qdsl_example")):
            del sys.modules[module]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package of `examples/plugin`, as if it were installed."""
    install_example(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("qdsl_example", None)


def install_example(folder: Path) -> None:
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    installed(folder, project["name"], project["version"], project["entry-points"], None)
    (folder / "qdsl_example.py").write_text((EXAMPLE / "qdsl_example.py").read_text())


def by_command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "qdsl", *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


def refusal(act: Callable[[], object]) -> InvalidProgram:
    with pytest.raises(InvalidProgram) as refused:
        act()
    return refused.value


# ---- the example -------------------------------------------------------------------------


def test_the_example_has_one_of_every_kind(example: Path) -> None:
    assert {kind: plugin_names(kind) for kind in GROUPS} == {
        "pass": ("skip-identities",),
        "backend": ("tally",),
        "preset": ("example_lab",),
        "partitioner": ("dealt",),
        "instances": ("ladders",),
    }


def test_its_pass_runs_is_proved_and_stands_in_the_report(example: Path) -> None:
    program = qdsl.loads(WITH_IDS)
    compiled = program.compile(passes=("skip-identities", *DEFAULT_PASSES))
    first = compiled.passes[0]
    assert (first.name, first.after.operations) == ("skip-identities", 1)
    assert compiled.verification.verified
    report = compiled.report()
    assert report.to_json()["provenance"]["plugins"] == (
        {
            "kind": "pass",
            "name": "skip-identities",
            "package": "qdsl-example-plugin",
            "version": "1.2.0",
        },
    )
    read = Report.from_json(json.loads(json.dumps(report.to_json())))
    assert read.provenance == report.provenance
    assert "pass skip-identities (qdsl-example-plugin 1.2.0)" in render_report(report)


def test_options_of_its_pass(example: Path) -> None:
    program = qdsl.loads(WITH_IDS)
    kept = program.compile(passes=("skip-identities",), options={"keep": 3})
    assert kept.passes[0].after.operations == 4
    with pytest.raises(Refused, match="'few' is no keep"):
        program.compile(passes=("skip-identities",), options={"keep": "few"})


def test_without_plugins_a_report_says_nothing_of_them() -> None:
    report = qdsl.loads(BELL).compile().report()
    assert "plugins" not in report.to_json()["provenance"]
    assert "plug-ins" not in render_report(report)


def test_its_backend_preset_and_partitioner(example: Path) -> None:
    network = "network far = line(2) { qubits 4, preset example_lab, hardware example_lab }"
    program = qdsl.loads(f"{network}\n{WITH_IDS.replace('m()', 'm() on far')}")
    compiled = program.compile(options={"partitioner": "dealt"})
    assert compiled.emit("tally")["cx"] == 1
    assert "cx,1\n" in compiled.emit_text("tally")
    (link,) = compiled.scheduled.network.links
    assert (link.rate_hz, link.fidelity) == (250.0, 0.95)
    assert "rate uncertain: nobody has measured it" in (link.source or "")
    told = [(p.kind, p.name) for p in compiled.report().provenance.plugins or ()]
    assert told == [("partitioner", "dealt"), ("preset", "example_lab")]


def test_its_instances_are_a_family_of_the_benchmark(example: Path) -> None:
    assert [case.name for case in cases(("ladders",))] == [
        "ladder_n4 on hom4_n4",
        "ladder_n6 on hom4_n6",
    ]


def test_from_the_command_line(tmp_path: Path) -> None:
    install_example(tmp_path)
    file = tmp_path / "ids.qdm"
    file.write_text(WITH_IDS)
    compiling = (tmp_path, "compile", "-q", str(file))
    done = by_command(
        *compiling,
        "--passes",
        "skip-identities,default",
        "--pass-option",
        "keep=1",
        "--stop-after",
        "skip-identities",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" id ") == 1
    network = "line(2) { qubits 1, preset example_lab }"
    done = by_command(*compiling, "--partitioner", "dealt", "--network", network)
    assert "partitioner dealt (qdsl-example-plugin 1.2.0), preset example_lab" in done.stdout
    proved = by_command(tmp_path, "verify", str(file), "--passes", "skip-identities,default")
    assert proved.returncode == 0, proved.stderr
    emitted = by_command(*compiling, "--emit", "tally")
    assert "cx,1" in emitted.stdout
    wrong = by_command(*compiling, "--pass-option", "keep=1")
    assert wrong.returncode == 2
    assert "no pass that is run has an option 'keep'" in wrong.stderr


@pytest.mark.slow
def test_it_can_be_installed_by_pip(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--no-index", "--target", str(tmp_path), str(EXAMPLE)], check=True)
    found = json.loads(by_command(tmp_path, "doctor", "--json").stdout)
    mine = [p for p in found["plugins"] if p["package"] == "qdsl-example-plugin"]
    assert {p["kind"] for p in mine} == set(GROUPS)
    assert all(p["problem"] is None for p in mine)


# ---- what can be wrong -------------------------------------------------------------------

RUN = ("mine", *DEFAULT_PASSES)


def running() -> object:
    return qdsl.loads(WITH_IDS).compile(passes=RUN)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (PASS.format(body="return ir").replace("= 1", "= 2"), "QDM790", "for version 2 of"),
        ("def made(): pass", "QDM790", "for no version of"),
        ("1 / 0", "QDM791", "ZeroDivisionError: division by zero"),
        ("import not_a_module", "QDM791", "No module named 'not_a_module'"),
        ("raise SystemExit(3)", "QDM791", "SystemExit: 3"),
        ("nothing = 1", "QDM791", "AttributeError"),
        ("class made: api_version = 1", "QDM794", "a pass is a data class"),
        (PASS.format(body="return ir").replace('"mine"', '"yours"'), "QDM794", "no|is not 'mine'"),
        (PASS.format(body="return ir").replace(": Circuit", ""), "QDM794", "says by annotations"),
        (PASS.format(body="return ir").replace("-> Circuit", "-> int"), "QDM794", "stages of"),
        (PASS.format(body="return None"), "QDM795", "failed: "),
        (PASS.format(body="return ir.nothing"), "QDM795", "AttributeError: "),
        (PASS.format(body="return replace(ir, pin=ir.pin[:1])"), "QDM795", "breaks the rule '"),
    ],
)
def test_a_pass_that_is_wrong_is_one_diagnostic(
    install: Install, text: str, code: str, said: str
) -> None:
    install("pass", "mine", text)
    (problem,) = refusal(running).diagnostics
    assert problem.code == code
    assert any(part in problem.message for part in said.split("|"))
    assert "'mine' of other-things 0.3" in problem.message


def test_a_pass_that_changes_the_program_is_refuted(install: Install) -> None:
    """All rules hold, and the program is another one."""
    install("pass", "mine", WRONG)
    compiled = qdsl.loads(WITH_IDS).compile(passes=RUN)
    assert any(check.equal is False for check in compiled.verification.checks)


WRONG = PASS.format(
    body="""import numpy as np
        from qdsl.ir.table import TableBuilder
        builder = TableBuilder(ir.table.words, ir.table.spans)
        kept = np.flatnonzero(~ir.table.codes("cx"))
        for row in kept.tolist():
            builder.copy(ir.table.row(row))
        return replace(ir, table=builder.build(), pin=ir.pin[kept])"""
)


def test_the_command_says_whose_pass_it_is(install: Install) -> None:
    folder = install("pass", "mine", WRONG)
    (folder / "m.qdm").write_text(WITH_IDS)
    done = by_command(folder, "compile", "-q", str(folder / "m.qdm"), "--passes", "mine,default")
    assert done.returncode == 1
    assert "NOT EQUAL to its source" in done.stdout
    assert "these passes are plug-ins: mine of other-things 0.3" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("body", "said"),
    [("return 1 // 0", "ZeroDivisionError"), ("return replace(ir, slot=ir.slot - 1)", "rule '")],
)
def test_a_pass_behind_a_search_for_an_objective(install: Install, body: str, said: str) -> None:
    text = PASS.format(body=body).replace("Circuit", "ScheduledCircuit")
    install("pass", "mine", text)
    program = qdsl.loads(BELL)
    options = {"optimise": "makespan"}
    act = refusal(lambda: program.compile(passes=(*DEFAULT_PASSES, "mine"), options=options))
    assert act.diagnostics[0].code == "QDM795"
    assert said in str(act)


def test_two_of_one_name_are_refused(install: Install) -> None:
    install("pass", "mine", PASS.format(body="return ir"))
    install("pass", "mine", PASS.format(body="return ir"), "more-things")
    (problem,) = refusal(running).diagnostics
    assert problem.code == "QDM793"
    assert "more-things 0.3, other-things 0.3" in problem.why


def test_what_comes_with_qdsl_goes_first(install: Install) -> None:
    install("backend", "qasm3", "1 / 0")
    assert qdsl.loads(BELL).compile().emit_text("qasm3").startswith("OPENQASM 3")
    (found,) = examine().plugins
    assert found.problem is not None
    assert found.problem.code == "QDM792"
    assert "a backend 'qasm3'" in found.problem.why


BACKEND = """
from qdsl.driver.targets import Target
class made:
    api_version = 1
    TARGET = Target("mine", "nothing", ".txt")
    @staticmethod
    def emit(stage, values=None): raise KeyError("gone")
    @staticmethod
    def emit_text(stage, values=None): return 7
"""


def test_a_backend_that_is_wrong(install: Install) -> None:
    install("backend", "mine", BACKEND)
    compiled = qdsl.loads(BELL).compile()
    assert "KeyError: 'gone'" in str(refusal(lambda: compiled.emit("mine")))
    assert "gives int, and no text" in str(refusal(lambda: compiled.emit_text("mine")))
    assert compiled.emit_files("mine") is None
    unknown = refusal(lambda: compiled.emit("yours")).diagnostics[0]
    assert "mine" in str(unknown.help)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('Target("mine"', 'Target("other"', "no `Target` of the name 'mine'"),
        ("def emit_text", "def text", "no function `emit_text`"),
    ],
)
def test_a_backend_without_its_parts(install: Install, old: str, new: str, said: str) -> None:
    install("backend", "mine", BACKEND.replace(old, new))
    assert said in str(refusal(lambda: qdsl.loads(BELL).compile().emit("mine")))


@pytest.mark.parametrize(
    ("preset", "said"),
    [
        ({**PRESET, "kind": "wished"}, "its kind is none of demonstrated"),
        ({**PRESET, "source": None}, "no text 'source'"),
        ({**PRESET, "link": {}}, "neither of links nor of nodes"),
        ({**PRESET, "link": {"rate": "fast"}}, "`link.rate` is no finite number"),
        ({**PRESET, "link": {"speed": 1.0}}, "a link has no figure 'speed'"),
        ({**PRESET, "link": {"fidelity": 1.5}}, "`link.fidelity` is 1.5: give a number above 0"),
        ({**PRESET, "link": {"rate": -1.0}}, "`link.rate` is -1: give a rate"),
        ({**PRESET, "api_version": 3}, "version 3 of the contract"),
        ({**PRESET, "uncertain": 3}, "a dict of reasons"),
    ],
)
def test_a_preset_that_is_wrong(install: Install, preset: dict[str, object], said: str) -> None:
    install("preset", "mine", f"made = {preset!r}")
    text = f"network far = line(2) {{ qubits 1, preset mine }}\n{WITH_IDS}"
    assert said in str(refusal(lambda: qdsl.loads(text)))


def test_a_preset_of_links_is_none_of_nodes(install: Install) -> None:
    install("preset", "mine", f"made = {PRESET!r}")
    text = f"network far = line(2) {{ qubits 1, hardware mine }}\n{WITH_IDS}"
    assert "no preset is called 'mine'" in str(refusal(lambda: qdsl.loads(text)))


HOMES = (
    "class made:\n    api_version = 1\n    @staticmethod\n    def homes(c, n, seed): return {}\n"
)


@pytest.mark.parametrize(
    ("homes", "said"),
    [
        ("[[0] * 5]", "gives 5 homes for 2 qubits"),
        ("[['alice'] * 2]", "no whole numbers"),
        ("[[0, 9]]", "not among the nodes 0 to 1"),
        ("1 / 0", "ZeroDivisionError"),
        ("None", "TypeError"),
    ],
)
def test_homes_that_do_not_fit(install: Install, homes: str, said: str) -> None:
    install("partitioner", "mine", HOMES.format(homes))
    act = refusal(lambda: qdsl.loads(BELL).compile(options={"partitioner": "mine"}))
    assert said in str(act)
    assert act.diagnostics[0].code == "QDM795"


def test_homes_for_which_there_is_no_room(install: Install) -> None:
    install("partitioner", "mine", HOMES.format("[[0] * c.n_qubits]"))
    program = qdsl.loads(BELL)
    act = refusal(lambda: program.compile(settings={"n": 6}, options={"partitioner": "mine"}))
    first = r"gives node '(alice|bob)' 6 qubits, and there is room for 4"  # of equals either is 0
    assert re.search(first, str(act)) is not None


def test_homes_that_are_good_are_used(install: Install) -> None:
    """With no search of its own the compiler takes the homes that the plug-in found."""
    install("partitioner", "mine", HOMES.format("[[0, 1, 0, 1, 0, 1, 0, 1]]"))
    pairs = "; ".join(f"cz q[{a}], q[{a + 2}]; cz q[{a}], q[{(a + 4) % 8}]" for a in range(6))
    network = "network two = line(2) { qubits 4 }\n"
    text = f"{network}model m() on two {{ qubits q[8]; h q; {pairs}; return sample(q) }}"
    program = qdsl.loads(text)
    plain = program.compile(options={"effort": 0}).cost.ebits
    started = program.compile(options={"effort": 0, "partitioner": "mine"}).cost.ebits
    assert started <= plain
    assert started == 0


def test_names_that_are_nowhere() -> None:
    program = qdsl.loads(BELL)
    with pytest.raises(Refused, match="no partitioner is called 'mine'"):
        program.compile(options={"partitioner": "mine"})
    with pytest.raises(Refused, match="no family 'mine'"):
        cases(("mine",))


def test_nothing_is_imported_before_it_is_asked_for(install: Install) -> None:
    install("pass", "mine", "raise SystemExit('loaded')")
    assert [p.name for p in plugins("pass")] == ["mine"]
    assert qdsl.loads(BELL).compile().verification.verified
    assert "other_things" not in sys.modules


# ---- qdsl doctor -------------------------------------------------------------------------


def test_doctor_knows_all_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = project["optional-dependencies"]
    assert {x.name for x in EXTRAS} == set(known) - {"standard", "docs", "bench", "dev"}
    for extra in EXTRAS:
        asked = {re.split(r"[>\[;]", line)[0] for line in known[extra.name]}
        assert set(extra.packages) == asked - {project["name"]}  # which names another extra
    assert {line.split(">=")[0].split("[")[0] for line in project["dependencies"]} == set(REQUIRED)


def test_doctor_says_what_is_missing_and_what_is_wrong(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = install("pass", "mine", "1 / 0")
    monkeypatch.setitem(sys.modules, "stim", None)
    done = by_command(folder, "doctor")
    assert done.returncode == 0
    assert "pass          mine  (other-things 0.3)" in done.stdout
    assert "QDM791: the pass 'mine' of other-things 0.3 cannot be loaded" in done.stdout
    document = json.loads(by_command(folder, "doctor", "--json").stdout)
    assert document["schema"] == "qdsl-doctor/1"
    assert document["python"] == ".".join(map(str, sys.version_info[:3]))
    assert [p["problem"]["code"] for p in document["plugins"]] == ["QDM791"]


def test_doctor_names_the_command_for_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qdsl.studies.doctor.version", lambda name: "1" if name != "stim" else None)
    found = examine()
    assert [x.install for x in found.missing()] == ["pip install 'qdsl-compiler[clifford]'"]
    asked = {x["name"]: x["install"] for x in found.to_json()["extras"]}
    assert asked["clifford"] == "pip install 'qdsl-compiler[clifford]'"
    assert asked["qir"] is None
