"""The ebits of every line, from a process of its own that may be ended at any time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from qdsl.records import dataclass

SECONDS = 20.0  # after which a compilation for the editor is given up
OPTIONS = {"effort": 0}
SAID = "at effort 0"


@dataclass(frozen=True, slots=True)
class LineCosts:
    """Ebits of the lines of a text, from 1, by model. `seconds` is None where all models were
    compiled, else the time after which the rest was given up."""

    text: str
    models: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    seconds: float | None = None

    def of_line(self, line: int) -> dict[str, int]:
        """The ebits of a line by model, of those that have it."""
        return {name: lines[line] for name, lines in self.models.items() if line in lines}


def said(costs: Mapping[str, int]) -> str:
    """`12 ebits`; `12 ebits in fit, 3 in other` where several models have the line."""
    (first, ebits), *rest = costs.items()
    text = f"{ebits:,} ebit{'s' * (ebits != 1)}"
    return ", ".join([f"{text} in {first}", *(f"{n:,} in {m}" for m, n in rest)]) if rest else text


# ---- in the process that compiles --------------------------------------------------------


def compiled_lines(document: Mapping[str, object]) -> Iterator[str]:
    """A line of JSON for every model of `{"path", "text", "folders"}`, as it is compiled."""
    import qdsl
    from qdsl.diagnostics.diagnostic import InvalidProgram

    path, folders = str(document["path"]), document["folders"]
    assert isinstance(folders, list)
    try:
        program = qdsl.loads(str(document["text"]), path, [Path(f) for f in folders])
    except InvalidProgram:
        return
    for model in program.checked.own_models:
        try:
            experiments = program.experiments_of(model)
            experiment = experiments[0] if experiments else None
            compiled = program.compile(model, experiment=experiment, options=OPTIONS, verify=False)
            lines: dict[int, int] = defaultdict(int)
            for line in compiled.cost.lines:
                if line.path == path and line.ebits:
                    lines[line.line] += line.ebits
        except Exception:  # nothing to show; `qdsl compile` says what is wrong, or reports a bug
            continue
        yield json.dumps({"model": model, "lines": lines})


# ---- in the editor's process -------------------------------------------------------------


class Compilation:
    """A compilation that runs beside; `end` ends it, and `wait` waits for it."""

    def __init__(self, path: str, text: str, folders: Sequence[str | Path] = ()) -> None:
        self.text = text
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "qdsl", "lsp", "--costs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in paths if p)},
        )
        asked = {"path": path, "text": text, "folders": [str(folder) for folder in folders]}
        self._asked = json.dumps(asked).encode()

    def wait(self, seconds: float = SECONDS) -> LineCosts:
        """What was compiled within the time; the process is ended then."""
        lines: list[bytes] = []
        reader = threading.Thread(target=self._read, args=(lines,), daemon=True)
        reader.start()
        reader.join(seconds)
        is_late = reader.is_alive()
        self.end()
        reader.join()
        models = {}
        for line in lines:
            found = json.loads(line)
            models[found["model"]] = {int(k): n for k, n in found["lines"].items()}
        return LineCosts(self.text, models, seconds if is_late else None)

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _read(self, lines: list[bytes]) -> None:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(self._asked + b"\n")
            process.stdin.flush()  # and stays open: its end would end the process
            lines += (line for line in process.stdout if line.endswith(b"\n"))
        except OSError:  # it ended before
            pass
        finally:
            process.stdout.close()
            process.stdin.close()
