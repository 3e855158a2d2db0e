"""Random input that follows what code it reaches, by Atheris (libFuzzer), where that is installed.

    python -m pip install atheris
    python -m tests.bench.fuzz.guided --kind ticket --seconds 600 --corpus build/corpus

The changes are Atheris's; what is a failure is as in `python -m tests.bench.fuzz`. It ends at the
first, and leaves the input in the folder. Inputs that reached new code are kept in `--corpus`.
"""

from __future__ import annotations

import argparse
import random
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["qdsl"], enable_loader_override=False):
    from tests.bench.fuzz.kinds import kinds
    from tests.bench.fuzz.running import read_one

SEEDS = 200  # inputs of the kind that it starts from


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--kind", choices=[k.name for k in kinds()], required=True)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, required=True)
    asked = parser.parse_args()
    kind = next(k for k in kinds() if k.name == asked.kind)
    asked.corpus.mkdir(parents=True, exist_ok=True)
    for number in range(SEEDS):
        made = kind.make(random.Random(f"{asked.seed}/{number}"))
        (asked.corpus / f"seed-{number}").write_bytes(made)
    warnings.simplefilter("ignore")
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()

        def once(data: bytes) -> None:
            read_one(kind, data, folder)

        options = [f"-max_total_time={asked.seconds}", f"-seed={asked.seed}", "-timeout=60",
                   f"-artifact_prefix={asked.corpus}/failed-"]  # fmt: skip
        atheris.Setup([sys.argv[0], *options, str(asked.corpus)], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
