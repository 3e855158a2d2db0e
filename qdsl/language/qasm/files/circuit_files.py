"""The circuits of files that a program names, read once."""

from __future__ import annotations

from functools import lru_cache

from qdsl.language.qasm.rows import ImportedCircuit
from qdsl.language.syntax import StringLit
from qdsl.language.syntax.files import MAX_CIRCUIT_BYTES, Folders


def read_circuit(file: StringLit, folders: Folders) -> ImportedCircuit:
    """The circuit in the file. `InvalidProgram` or `Refusal` if there is none."""
    return _read(folders.read_text(file, MAX_CIRCUIT_BYTES), file.value)


@lru_cache(maxsize=8)
def _read(text: str, path: str) -> ImportedCircuit:
    from qdsl.language.qasm.files import import_qasm  # linear algebra, for files that import only

    return import_qasm.read_qasm(text, path)
