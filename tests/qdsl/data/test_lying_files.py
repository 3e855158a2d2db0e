"""Data files that lie, and data that a careless reader would take for something else."""

from __future__ import annotations

import io
import random
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import qdsl
from qdsl.data.files import read_archive, read_array
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.diagnostics.source import Source, Span

SPAN = Span(Source("m.qdm", "data"), 0, 4)
MODEL = """model m() { data x: real[4]; param w: angle[2]; qubits q[2]; amplitude(x) q
  cx q[0], q[1]
  ry(w[0]) q[1]; ry(w[1]) q[1]; return expect(Z q[1]) }
"""
X, W = np.array([1.0, 2, 3, 4]), np.array([0.3, 0.4])
HALF = "model m() { data x: real[4]; qubits q[2]; amplitude(x) q; return expect(Z q[0]) }\n"


def npz(compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out, array = io.BytesIO(), io.BytesIO()
    np.save(array, np.arange(8.0).reshape(2, 4))
    with zipfile.ZipFile(out, "w", compression) as archive:
        archive.writestr("x.npy", array.getvalue())
    return out.getvalue()


def npy() -> bytes:
    out = io.BytesIO()
    np.save(out, np.arange(8.0).reshape(2, 4))
    return out.getvalue()


def mutated(data: bytes, rng: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        found[rng.randrange(len(found))] = rng.randrange(256)
    return bytes(found[: rng.randint(1, len(found))] if rng.random() < 0.3 else found)


@pytest.mark.parametrize("name", ["a.npz", "b.npz", "c.npy", "d.csv"])
def test_any_damage_is_a_refusal(tmp_path: Path, name: str) -> None:
    whole = {"a": npz(), "b": npz(zipfile.ZIP_LZMA), "c": npy(), "d": b"u,v\n1,2\n3,4\n"}[name[0]]
    rng = random.Random(26)
    for _ in range(300):
        path = tmp_path / name
        path.write_bytes(mutated(whole, rng))
        with suppress(InvalidProgram):
            assert read_array(path, "", SPAN).dtype == np.float64
        if name.endswith("z"):
            with suppress(Refused):
                read_archive(path)


def test_a_header_that_promises_too_much(tmp_path: Path) -> None:
    out = io.BytesIO()
    facts = {"descr": "<f8", "fortran_order": False, "shape": (2**40, 4)}
    np.lib.format.write_array_header_1_0(out, facts)
    (tmp_path / "x.npy").write_bytes(out.getvalue() + bytes(64))
    with pytest.raises(InvalidProgram, match="fewer numbers than it says"):
        read_array(tmp_path / "x.npy", "", SPAN)


def run(text: str, table: str, folder: Path) -> object:
    (folder / "x.csv").write_text(table)
    program = qdsl.loads(text, str(folder / "m.qdm"), (folder,))
    return program.compile(experiment="e").run().outputs[0].values


def test_the_first_line_of_a_csv_is_an_item(tmp_path: Path) -> None:
    text = HALF + 'experiment e of m { data x from "x.csv" }'
    values = run(text, "1,0,0,0\n0,0,1,0\n1,0,0,0\n", tmp_path)
    assert np.allclose(np.asarray(values, float), [1, -1, 1])
    assert np.allclose(np.asarray(run(text, "a,b,c,d\n1,0,0,0\n", tmp_path), float), [1])
    with pytest.raises(InvalidProgram, match="numbers of columns or an item"):
        run(text, "0,1,2,3\n1,0,0,0\n", tmp_path)
    named = HALF + 'experiment e of m { data x from "x.csv:a,b,c,d" }'
    with pytest.raises(InvalidProgram, match="names no columns"):
        run(named, "1,0,0,0\n", tmp_path)


def test_rows_of_one_column_are_items(tmp_path: Path) -> None:
    text = HALF + 'experiment e of m { data x from "x.csv:a" }'
    with pytest.raises(InvalidProgram, match="'x' is 4x1"):
        run(text, "a\n1\n2\n3\n4\n", tmp_path)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (X + 1j, "complex"),
        (np.ma.MaskedArray(X, np.array([0, 1, 0, 0], np.bool_)), "masked"),
        (np.zeros((0, 4)), r"empty \(0x4\)"),
        (np.zeros(0), "empty"),
    ],
)
def test_what_would_be_lost_is_refused(given: np.ndarray, says: str) -> None:
    compiled = qdsl.loads(MODEL).compile()
    with pytest.raises(ValueError, match=says):
        compiled.run({"x": given, "w": W})


@pytest.mark.parametrize("size", [1.0, 1e19, 1e-23, 1e160, 1e200, 1e-170, 1e-300])
def test_amplitudes_have_a_direction_at_every_size(size: float) -> None:
    compiled = qdsl.loads(MODEL).compile()
    found = compiled.run({"x": X * size, "w": W}).outputs[0].values
    assert np.allclose(found, -0.4992909)


@pytest.mark.parametrize("size", [1.0, 1e19, 1e-23])
def test_gradients_at_every_size_in_float32(size: float) -> None:
    import jax
    import jax.numpy as jnp

    compiled = qdsl.loads(MODEL).compile()
    x = jnp.array(X * size, jnp.float32)
    slope = jax.grad(lambda w: compiled.expectation({"w": w}, {"x": x}))(jnp.array(W))
    assert np.allclose(slope, [-0.7997, -0.7997], atol=1e-3)


@pytest.mark.parametrize("load", ["block(a) q", "lcu(a) q"])
def test_matrices_at_every_size(load: str) -> None:
    from qdsl.ir.encodings import Scale, direction, norm
    from qdsl.ir.values import DataReference

    assert norm(X * 1e200) == pytest.approx(np.linalg.norm(X) * 1e200)
    assert np.allclose(direction(X * 1e-300), X / np.linalg.norm(X))
    kind = {"b": "spectral", "l": "lcu"}[load[0]]
    scale = Scale(DataReference("a", "real", 0, (2, 2)), kind)
    for size in (1e-200, 1e200):
        assert scale.of(X * size) == pytest.approx(scale.of(X) * size)
