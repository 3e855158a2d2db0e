"""Which tests are slow by measurement: `python -m tests.slowness LOG` writes `slow_tests.txt`.

LOG is the output of `pytest -vv --durations=0`. The quick suite keeps the quickest case of every
test function, unless even that takes longer than `FUNCTION` seconds, and of its other cases those
that take less than `CASE`; it keeps one test of every file. `conftest.py` marks what is in the list
as slow, as `@pytest.mark.slow` does: `make check` leaves it out, `make test-slow` runs it.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

LIST = Path(__file__).with_name("slow_tests.txt")
CASE, FUNCTION = 0.5, 1.5  # seconds
ALWAYS = ("tests/docs/test_documents.py",)  # README, CONTRIBUTING and the tour are for every commit
LINE = re.compile(r"^([0-9.]+)s (?:call|setup|teardown) +(\S.*?)\s*$", re.MULTILINE)


def listed() -> frozenset[str]:
    """The node IDs in the list."""
    return frozenset(LIST.read_text(encoding="utf-8").splitlines())


def measured(log: str) -> dict[str, float]:
    """Seconds of each test, by node ID."""
    seconds: dict[str, float] = defaultdict(float)
    for took, test in LINE.findall(log):
        seconds[test] += float(took)
    return dict(seconds)


def slow(seconds: dict[str, float]) -> list[str]:
    """Those that leave the quick suite, sorted."""
    functions: dict[str, list[str]] = defaultdict(list)
    for test in sorted(seconds, key=lambda test: (seconds[test], test)):
        if not test.startswith(ALWAYS):
            functions[test.partition("[")[0]].append(test)
    found = {
        test
        for cases in functions.values()
        for test in cases
        if seconds[test] >= (FUNCTION if test == cases[0] else CASE)
    }
    return sorted(found - _last_of_their_files(seconds, found))


def _last_of_their_files(seconds: dict[str, float], found: set[str]) -> set[str]:
    """The quickest test of each file that would have none left."""
    files: dict[str, list[str]] = defaultdict(list)
    for test in seconds:
        files[test.partition("::")[0]].append(test)
    return {
        min(tests, key=lambda test: (seconds[test], test))
        for tests in files.values()
        if found.issuperset(tests)
    }


def main() -> None:
    seconds = measured(Path(sys.argv[1]).read_text(encoding="utf-8"))
    kept = {test: took for test, took in seconds.items() if test not in listed()}
    chosen = slow(kept)
    LIST.write_text("".join(f"{t}\n" for t in sorted({*listed(), *chosen})), encoding="utf-8")
    took, left = sum(kept[test] for test in chosen), sum(kept.values())
    print(f"{len(chosen)} more of {len(kept)} tests are slow: {took:.0f} of {left:.0f} s")


if __name__ == "__main__":
    main()
