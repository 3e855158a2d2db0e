"""Checkpoints: whole at every moment, resumed to the same bytes, refused where they do not fit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

import qdsl
from qdsl.diagnostics.request_error import Refused
from qdsl.run.checkpoint import FILE, BadCheckpoint, digest, read_tensors, reserved, snapshot_of
from tests.qdsl.run.training.test_training import POINTS, experiment

TRAIN = "adam(lr = 0.1) { steps STEPS, batch 4, validation 0.25, patience 100000 }"


def text(steps: int, more: str = "") -> str:
    return experiment(TRAIN.replace("STEPS", str(steps))).replace("loss mse", f"loss mse{more}")


def run(folder: Path, source: str, resume: bool = False, **options: Any) -> Any:
    (folder / "p.csv").write_text(POINTS)
    compiled = qdsl.loads(source, folders=[folder]).compile(experiment="fit", verify=False)
    result = compiled.run(checkpoint=folder / "kept", resume=resume, **options)
    return json.dumps(compiled.report(result).to_json()["result"])


@pytest.mark.parametrize(
    "more", ["", pytest.param("\n  gradient commuting_block { shots 10 }", marks=pytest.mark.slow)]
)
def test_a_run_in_parts_is_the_run(tmp_path: Path, more: str) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    wanted = run(whole, text(9, more))
    run(parts, text(4, more))
    assert run(parts, text(9, more), resume=True) == wanted
    files = [(folder / "kept" / FILE).read_bytes() for folder in (whole, parts)]
    assert files[0] == files[1]
    # and nothing is left beside it
    assert [p.name for p in (parts / "kept").iterdir()] == [FILE]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_in_mid_run(tmp_path: Path) -> None:
    """kill -9 while it trains by shots, then --resume: the report is that of one run, all bytes."""
    (tmp_path / "p.csv").write_text(POINTS)
    (tmp_path / "m.qdm").write_text(text(60, "\n  gradient commuting_block { shots 10 }"))
    command = [sys.executable, "-m", "qdsl", "run", "m.qdm", "fit", "--no-verify", "--json"]

    def start(folder: str, *more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*command, "--checkpoint", folder, *more],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    first = start("broken")
    kept = tmp_path / "broken" / FILE
    while not kept.exists() and first.poll() is None:
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    first.communicate()
    resumed, whole = start("broken", "--resume"), start("whole")
    (report, errors), (wanted, _) = resumed.communicate(), whole.communicate()
    assert resumed.returncode == whole.returncode == 0, errors
    assert report == wanted
    assert json.loads(report)["result"]["training"]["steps"] == 60


@pytest.mark.slow
def test_another_run_is_refused(tmp_path: Path) -> None:
    source = text(2)
    run(tmp_path, source)
    with pytest.raises(BadCheckpoint, match="exists: go on from it with --resume"):
        run(tmp_path, source)
    for other in (
        source.replace("lr = 0.1", "lr = 0.2"),
        source.replace("batch 4", "batch 5"),
        source.replace("loss mse", "loss linear"),
        source.replace("0.25", "0.3"),
        source.replace("comm 2", "comm 3", 1),
    ):
        assert other != source
        with pytest.raises(BadCheckpoint, match="another run"):
            run(tmp_path, other, resume=True)
    with pytest.raises(BadCheckpoint, match="another run"):
        run(tmp_path, source, resume=True, seed=7)
    with pytest.raises(BadCheckpoint, match="another run"):
        run(tmp_path, source, resume=True, values={"x": np.ones((20, 4))})
    run(tmp_path, source, resume=True)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 64, b'{"params": 1}', b"\x10\x00\x00\x00\x00\x00\x00\x00{}garbage"]
)
def test_what_is_no_checkpoint(tmp_path: Path, content: bytes) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    with pytest.raises(BadCheckpoint, match="there is no"):
        run(tmp_path, text(2), resume=True)
    (kept / FILE).write_bytes(content)
    with pytest.raises(BadCheckpoint, match=r"is no (qdsl-checkpoint/2|safetensors file)"):
        run(tmp_path, text(2), resume=True)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(Refused, match=r"cannot write|cannot read"):
        run(tmp_path, text(2))


def _exchanged(array: np.ndarray[Any, Any], seed: int) -> np.ndarray[Any, Any]:
    odd = [array[..., None], array.astype(np.int8), array.reshape(-1)[:-1],
           np.full_like(array, np.nan, np.float64), np.zeros((0,)), np.zeros((2, 3))]  # fmt: skip
    return odd[seed % len(odd)]


def _changed(facts: dict[str, Any], seed: int) -> dict[str, Any]:
    fields = sorted(facts.keys() - {"format", "run", "content"})
    name = fields[seed % len(fields)]
    return {**facts, name: [None, -1, "x", [[1]], 10**30, {}, [[-1, 0, 0]] * 2][seed // 4 % 7]}


@pytest.mark.slow
def test_damaged_checkpoints_are_refused(tmp_path: Path) -> None:
    run(tmp_path, text(2))
    compiled = qdsl.loads(text(2), folders=[tmp_path]).compile(experiment="fit", verify=False)
    kept = tmp_path / "kept" / FILE
    whole = kept.read_bytes()
    arrays, header = read_tensors(kept)
    for seed in range(24):
        facts, some, name = json.loads(header["qdsl"]), dict(arrays), sorted(arrays)[seed % 7]
        if seed % 4 == 0:
            del some[name]
        elif seed % 4 == 1:
            some[name] = _exchanged(some[name], seed)
        elif seed % 4 == 2:
            facts = _changed(facts, seed)
        plain = {k: np.ascontiguousarray(v).reshape(v.shape) for k, v in some.items()}
        facts["content"] = digest({k: v for k, v in facts.items() if k != "content"}, plain)
        written = save(plain, {"qdsl": json.dumps(facts)})
        kept.write_bytes(whole[: len(whole) * seed // 24] if seed % 4 == 3 else written)
        with pytest.raises(Refused):
            compiled.run(checkpoint=kept.parent, resume=True)
            pytest.fail(f"taken: seed {seed}, {name}")


@pytest.mark.slow
def test_a_flipped_bit_is_refused_or_means_nothing(tmp_path: Path) -> None:
    """Wherever it is: in a number, a shape, the header."""
    run(tmp_path, text(2))
    kept = tmp_path / "kept" / FILE
    whole = kept.read_bytes()
    arrays, header = read_tensors(kept)
    wanted = json.loads(header["qdsl"])
    wanted.pop("content")
    refused = 0
    for bit in range(0, 8 * len(whole), 37):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        kept.write_bytes(data)
        try:
            snapshot = snapshot_of(kept, *read_tensors(kept))
        except BadCheckpoint:
            refused += 1
            continue
        assert snapshot.facts == wanted
        assert all(np.array_equal(snapshot.arrays[k], arrays[k]) for k in arrays | snapshot.arrays)
    assert refused > len(whole) * 8 // 37 * 0.9
    kept.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(BadCheckpoint, match="damaged"):
        run(tmp_path, text(2), resume=True)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no flock")
def test_one_run_at_a_time_uses_a_folder(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with reserved(kept), pytest.raises(BadCheckpoint, match="another run is using"):
        run(tmp_path, text(2))
    run(tmp_path, text(2))
