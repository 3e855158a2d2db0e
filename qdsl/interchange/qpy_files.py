"""Files in Qiskit's binary form, QPY, by Qiskit's own reader.

Versions of the form before 13 hold the expressions of parameters as text or bytes that are
evaluated or unpickled when they are read, so that a file could run code (CVE-2025-2000), and so do
pulses, which Qiskit 2 no longer has. Neither is read.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

from qdsl.diagnostics.extras import require
from qdsl.diagnostics.request_error import Refused
from qdsl.files.reading import read_bounded

MAGIC: Final = b"QISKIT"
LEAST_VERSION: Final = 13  # of the form: from then on nothing in it is code
LEAST_QISKIT: Final = 2
MAX_QPY_BYTES: Final = 2**26
SENTENCE: Final = 200  # characters, at most
DAMAGED: Final = "it is damaged, or its end is missing"


class NotQpy(Refused):
    """A file is no QPY, or one that is not read; the message says why."""


def read_qpy(path: str | Path) -> Any:
    """The one circuit in a file. `NotQpy` for what is none, for another number of circuits, for
    forms that reading could run code of, and for what Qiskit cannot read."""
    name = Path(path).name
    try:
        content = read_bounded(path, MAX_QPY_BYTES + 1)
    except OSError as error:
        raise NotQpy(f"{path} cannot be read: {error}") from None
    _require_safe(content, name)
    require("qiskit", "reading QPY")
    from qiskit import QuantumCircuit, __version__, qpy

    if int(__version__.partition(".")[0]) < LEAST_QISKIT:
        raise NotQpy(
            f"{name} is read by Qiskit {LEAST_QISKIT} or later: this one, {__version__}, might run "
            "what stands in it"
        )
    try:
        found = qpy.load(io.BytesIO(content))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # of damaged bytes; panics of its Rust part are no Exception
        raise NotQpy(f"Qiskit cannot read {name}: {_said(problem)}") from None
    if len(found) != 1 or not isinstance(found[0], QuantumCircuit):
        raise NotQpy(f"{name} holds {len(found)} circuits: save the one that is meant by itself")
    return found[0]


def _said(problem: BaseException) -> str:
    """The reader's own words where they are a sentence: its Rust part writes a coloured page."""
    text = str(problem).strip("'\"")
    if isinstance(problem, Exception) and 0 < len(text) < SENTENCE and text.isprintable():
        return text if "\\" not in text else DAMAGED
    return DAMAGED


def _require_safe(content: bytes, name: str) -> None:
    if len(content) > MAX_QPY_BYTES:
        raise NotQpy(f"{name} has more than {MAX_QPY_BYTES:,} bytes")
    if not content.startswith(MAGIC) or len(content) <= len(MAGIC):
        raise NotQpy(f"{name} is no QPY file")
    version = content[len(MAGIC)]
    if version < LEAST_VERSION:
        raise NotQpy(
            f"{name} is QPY of version {version}, and reading those before {LEAST_VERSION} can run "
            "code that stands in them: if you trust it, read and save it again by Qiskit 1.3 or "
            "later"
        )
