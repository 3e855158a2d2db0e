"""Parameters of a model in a file: one array a vector, by name, in `.npz` or `.safetensors`."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from qdsl.data.files import read_archive
from qdsl.diagnostics.request_error import Refused
from qdsl.diagnostics.warning import ProgramWarning
from qdsl.files.writing import write_bytes
from qdsl.ir.stages import Circuit
from qdsl.run.checkpoint import FILE, read_tensors, snapshot_of
from qdsl.run.job import Array, Inputs, RunJob

if TYPE_CHECKING:
    from qdsl.language.typed.program import Experiment

KINDS = (".npz", ".safetensors")
SEED = "qdsl.seed"  # beside the vectors, none of whose names has a dot
MOST_DIGITS = 100


class BadParameters(Refused):
    """A file of parameters cannot be read or written, or belongs to another model."""


def read_parameters(path: Path, circuit: Circuit) -> dict[str, Array]:
    """Every parameter vector of the model; of a checkpoint, or a folder with one, those that its
    training would return. BadParameters if any is missing, unknown or of another shape."""
    file = path / FILE if path.is_dir() else path
    if file.suffix not in KINDS:
        raise BadParameters(f"parameters are read from .npz or .safetensors, not '{file.name}'")
    arrays = read_archive(file) if file.suffix == ".npz" else _tensors(file)
    return matched({k: a for k, a in arrays.items() if k != SEED}, circuit, str(file))


def seed_of(params: object) -> int | None:
    """The seed of the run that saved these parameters, as it is in a checkpoint, and in a file of
    parameters where the data were scaled; None elsewhere."""
    if not isinstance(params, str | Path):
        return None
    path = Path(params)
    file = path / FILE if path.is_dir() else path
    if file.suffix == ".npz":
        text = "".join(map(chr, _codes(read_archive(file).get(SEED))))
        return _number(text)
    if file.suffix != ".safetensors":
        return None
    arrays, facts = read_tensors(file)
    if "qdsl" in facts:
        seed = snapshot_of(file, arrays, facts).facts.get("seed")
        return seed if isinstance(seed, int) and seed >= 0 else None
    return _number(facts.get(SEED, ""))


def seed_meant(
    given: int | None, params: object, experiment: Experiment, trains: bool, level: int = 4
) -> int | None:
    """The seed of a run: as given, that of saved parameters, or the experiment's. Warns of
    parameters by name, that have none with them, where it chose the items by which data are
    scaled; `level` is the caller's that is warned."""
    found = next((s for s in (given, seed_of(params)) if s is not None), experiment.seed)
    is_by_name = params is not None and not isinstance(params, str | Path)
    is_split = bool(experiment.validation or experiment.test)
    is_scaled = any(source.scaling for source in experiment.sources)
    if given is None and not trains and is_by_name and is_split and is_scaled:
        text = (
            f"data are scaled by the items that seed {found or 0} leaves to train on; if the "
            "parameters are of a run with another seed, give its `seed`"
        )
        warnings.warn(text, ProgramWarning, stacklevel=level)
    return found


def _codes(found: Array | None) -> list[int]:
    """Of the digits of a seed: an archive holds nothing but numbers."""
    if found is None or found.ndim != 1 or not ((found >= ord("0")) & (found <= ord("9"))).all():
        return []
    return [int(code) for code in found[: MOST_DIGITS + 1]]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def _tensors(file: Path) -> Mapping[str, Array]:
    arrays, facts = read_tensors(file)
    if "qdsl" not in facts:
        return arrays
    snapshot = snapshot_of(file, arrays, facts)
    kept = "best/" if len(snapshot.arrays["held_out"]) else "params/"
    found = snapshot.arrays.items()
    return {name.removeprefix(kept): a for name, a in found if name.startswith(kept)}


def matched(arrays: Mapping[str, npt.ArrayLike], circuit: Circuit, where: str) -> dict[str, Array]:
    """The arrays in the shapes of the model's parameters."""
    wanted = {v.name: v.shape for v in circuit.values.vectors if v.role == "param"}
    there = ", ".join(wanted) or "none"
    for name in arrays:
        if name not in wanted:
            raise BadParameters(f"{where} has '{name}', and the model's parameters are {there}")
    for name, shape in wanted.items():
        if name not in arrays:
            raise BadParameters(f"{where} has no '{name}'; the model's parameters are {there}")
        try:
            array = np.asarray(arrays[name])
        except ValueError:  # rows of several lengths
            raise BadParameters(f"'{name}' of {where} is no array of numbers") from None
        _require_fit(array, name, shape, where)
    return {k: np.asarray(arrays[k], np.float64).reshape(s) for k, s in wanted.items()}


def _require_fit(array: Array, name: str, shape: tuple[int, ...], where: str) -> None:
    if array.shape != shape:
        found, want = ("x".join(map(str, s)) or "one number" for s in (array.shape, shape))
        raise BadParameters(f"'{name}' of {where} is {found}, and the model wants {want}")
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise BadParameters(f"'{name}' of {where} has entries that are no finite numbers")


def parameters_of(circuit: Circuit, inputs: Inputs) -> dict[str, Array]:
    """The parameters that a run used."""
    names = [v.name for v in circuit.values.vectors if v.role == "param"]
    return {name: inputs.single[name] for name in names if name in inputs.single}


def require_writable(path: Path) -> None:
    """Before anything is trained: BadParameters for a name that nothing can be written to."""
    if path.suffix not in KINDS:
        raise BadParameters(f"parameters are written to .npz or .safetensors, not '{path.name}'")
    if not path.parent.is_dir():
        raise BadParameters(f"cannot write {path}: there is no folder {path.parent}")


def save_parameters(path: Path, parameters: Mapping[str, Array], job: RunJob) -> None:
    """Write the file, or replace it in one go; with the run's seed, where it scaled the data by
    those items that the seed chose to train on."""
    is_scaled = job.experiment is not None and any(s.scaling for s in job.experiment.sources)
    seed = str(job.seed) if is_scaled else ""
    require_writable(path)
    if path.suffix == ".npz":
        buffer = io.BytesIO()
        plain: dict[str, Any] = {k: np.asarray(v) for k, v in parameters.items()}
        plain |= {SEED: np.array([*map(ord, seed)])} if seed else {}
        np.savez(buffer, **plain)
        data = buffer.getvalue()
    else:
        from safetensors.numpy import save

        plain = {k: np.asarray(v, order="C") for k, v in parameters.items()}
        data = save(plain, {SEED: seed} if seed else None)
    try:
        write_bytes(path, data)
    except OSError as error:
        raise BadParameters(f"cannot write {path}: {error.strerror or error}") from None
