"""Circuits of MQT Bench as OpenQASM files, made in an environment that has the package mqt.bench.

    python tests/bench/mqt_files.py FOLDER

It imports nothing of qdsl: the package may want another Qiskit. `python -m tests.bench.imports
--mqt FOLDER` reads the files.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

SIZES = (5, 4, 3, 7, 8, 9, 13, 17, 18)  # the first that a circuit can have
LEVELS = ("ALG", "INDEP", "NATIVEGATES")


def main(folder: Path) -> None:
    bench = import_module("mqt.bench")
    names = import_module("mqt.bench.benchmarks").get_available_benchmark_names()
    native = import_module("mqt.bench.targets").get_target_for_gateset("ibm_falcon", 20)
    qasm = {2: import_module("qiskit.qasm2").dumps, 3: import_module("qiskit.qasm3").dumps}
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        for level in LEVELS:
            target = {"target": native} if level == "NATIVEGATES" else {}
            for size in SIZES:
                try:
                    found = bench.get_benchmark(
                        name, bench.BenchmarkLevel[level], size, random_parameters=True, **target
                    )
                    break
                except Exception as error:  # a size that this circuit cannot have
                    found, why = None, error
            if found is None:
                print(f"{name} {level}: {why}", file=sys.stderr)
                continue
            for version, dumps in qasm.items():
                try:
                    text = dumps(found)
                except Exception as error:  # what Qiskit cannot write in this version
                    print(f"{name} {level} OpenQASM {version}: {error}", file=sys.stderr)
                    continue
                (folder / f"{name}_{level.lower()}_{version}.qasm").write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
