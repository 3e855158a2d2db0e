"""The lowest versions that pyproject.toml allows, as constraints for pip.

python -m tests.lowest > lowest.txt
python -m pip install -c lowest.txt -e '.[standard,dev]'
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

FILE = Path(__file__).resolve().parents[1] / "pyproject.toml"


def requirements() -> list[Requirement]:
    """All of the package and its extras, but for those that name another extra, and of `bench`,
    whose libraries are compared with and never used."""
    project = tomllib.loads(FILE.read_text(encoding="utf-8"))["project"]
    extras = {k: v for k, v in project["optional-dependencies"].items() if k != "bench"}
    lists = [project["dependencies"], *extras.values()]
    found = [Requirement(text) for listed in lists for text in listed]
    return [r for r in found if r.name != project["name"]]


def lowest(requirement: Requirement) -> str | None:
    """Its lower bound; None if it has none."""
    bounds = [s.version for s in requirement.specifier if s.operator in (">=", "==")]
    return bounds[0] if len(bounds) == 1 else None


def constraints() -> list[str]:
    """A line for every package, sorted; extras and markers are left out."""
    found = {r.name: lowest(r) for r in requirements()}
    return [f"{name}=={version}" for name, version in sorted(found.items()) if version]


def main() -> None:
    print("\n".join(constraints()))


if __name__ == "__main__":
    main()
