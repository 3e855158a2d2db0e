"""Files in Qiskit's binary form: read where nothing in them can be code, and refused otherwise."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import qdsl
from qdsl.cli.commands import cli
from qdsl.interchange.qpy_files import NotQpy, read_qpy
from tests.qdsl.interchange.peers.test_disqco import SOURCE, one_copy

qiskit = pytest.importorskip("qiskit")
qpy = pytest.importorskip("qiskit.qpy")
PAIR = "line(2) { qubits 2, comm 2 }"


def bell() -> Any:
    circuit = qiskit.QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def content(*circuits: Any) -> bytes:
    buffer = io.BytesIO()
    qpy.dump(list(circuits), buffer)
    return buffer.getvalue()


def saved(folder: Path, made: bytes, name: str = "c.qpy") -> Path:
    (folder / name).write_bytes(made)
    return folder / name


def verify(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["verify", *map(str, words), "--network", PAIR])
    return done.exit_code, done.output


def test_a_circuit_is_distributed_from_its_file(tmp_path: Path) -> None:
    file = saved(tmp_path, content(bell()))
    assert read_qpy(file) == bell()
    for given in (file, str(file)):
        found = qdsl.distribute(given, PAIR).run()
        assert found == qdsl.distribute(bell(), PAIR).run()
    done = CliRunner().invoke(cli, ["compile", str(file), "--network", PAIR])
    assert done.exit_code == 0
    assert "equal to its source, proved" in done.output


def test_a_file_is_judged_and_is_a_source(tmp_path: Path) -> None:
    """What DISQCO extracts, as Qiskit saves it."""
    theirs = saved(tmp_path, content(one_copy()))
    (tmp_path / "source.qasm").write_text(SOURCE)
    code, said = verify(theirs, "--against", tmp_path / "source.qasm")
    assert code == 0, said
    assert "c.qpy, against source.qasm: equal, proved" in said
    assert "form: circuit of DISQCO, 2 nodes" in said
    (tmp_path / "other.qasm").write_text(SOURCE.replace("ry(0.8)", "ry(0.9)"))
    code, said = verify(theirs, "--against", tmp_path / "other.qasm")
    assert code == 1
    assert "NOT EQUAL" in said
    source = qiskit.qasm3.loads(SOURCE) if _reads_qasm3() else None
    if source is not None:
        other = saved(tmp_path, content(source), "source.qpy")
        code, said = verify(theirs, "--against", other)
        assert code == 0, said


def _reads_qasm3() -> bool:
    from importlib.util import find_spec

    return find_spec("qiskit_qasm3_import") is not None


def test_a_circuit_that_nobody_distributed_is_compiled_and_compared(tmp_path: Path) -> None:
    file, other = saved(tmp_path, content(bell())), bell()
    other.x(0)
    different = saved(tmp_path, content(other), "other.qpy")
    assert verify(file, "--against", file)[0] == 0
    code, said = verify(file, "--against", different)
    assert code == 1
    assert "NOT EQUAL" in said


class Planted:
    """Runs when it is unpickled."""

    def __reduce__(self) -> Any:
        return (Path("planted").write_text, ("run",))


@pytest.mark.parametrize("version", [*range(13)])
def test_forms_that_could_run_code_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    made = bytearray(content(bell()))
    made[6] = version
    monkeypatch.setattr(qpy, "load", lambda *_: pytest.fail("it was read"))
    with pytest.raises(NotQpy, match=f"QPY of version {version}, and reading those before 13 can"):
        read_qpy(saved(tmp_path, bytes(made)))


def test_a_pickled_array_inside_is_not_unpickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An array of objects in place of one of numbers, as NumPy would save it."""
    import numpy as np

    def saved_array(array: Any) -> bytes:
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=True)
        return buffer.getvalue()

    monkeypatch.chdir(tmp_path)
    circuit = qiskit.QuantumCircuit(1)
    circuit.unitary(np.array([[0, 1], [1, 0]]), 0)
    made = content(circuit)
    start = made.index(b"\x93NUMPY")
    data = start + 10 + int.from_bytes(made[start + 8 : start + 10], "little")
    array = made[start : data + 4 * 16]
    evil = saved_array(np.array([[Planted()]], object))
    size = len(array).to_bytes(8, "big")
    assert size in made
    broken = made.replace(array, evil).replace(size, len(evil).to_bytes(8, "big"))
    with pytest.raises(NotQpy, match=r"Qiskit cannot read c\.qpy"):
        read_qpy(saved(tmp_path, broken))
    assert not (tmp_path / "planted").exists()


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (b"", "is no QPY file"),
        (b"QISKIT", "is no QPY file"),
        (b"OPENQASM 3.0;", "is no QPY file"),
        (b"QISKIT\xff", "Qiskit cannot read c.qpy"),
        (b"QISKIT\x0d" + bytes(40), "c.qpy"),
    ],
)
def test_what_is_no_file_of_that_form(tmp_path: Path, made: bytes, says: str) -> None:
    with pytest.raises(NotQpy, match=says):
        qdsl.distribute(saved(tmp_path, made), PAIR)


def test_several_circuits_damage_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(NotQpy, match="holds 2 circuits"):
        read_qpy(saved(tmp_path, content(bell(), bell())))
    for end in (60, -1):
        with pytest.raises(NotQpy, match=r"^Qiskit cannot read \S+: it is damaged, or its end is"):
            read_qpy(saved(tmp_path, content(bell())[:end]))
    code, said = verify(tmp_path / "none.qpy", "--against", tmp_path / "none.qpy")
    assert code == 2
    assert "none.qpy cannot be read" in said
