"""`qdsl.compare`: programs, reports, or files with reports, side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qdsl.diagnostics.request_error import WrongArgument
from qdsl.files.reading import read_bounded
from qdsl.records import dataclass
from qdsl.report import compare as reports
from qdsl.report.data import NotAReport, Report

LARGEST_REPORT = 2**28  # bytes


@dataclass(frozen=True, slots=True)
class ComparedReports(reports.ReportComparison):
    """`changes` and `links` with both numbers, `facts` in words; `failures`: the limits that are
    exceeded; `names`: what the two sides are called. `str` is the text of `qdsl compare`."""

    failures: tuple[str, ...] = ()
    names: tuple[str, str] = ("first", "second")

    @property
    def columns(self) -> Mapping[str, list[Any]]:
        """`metric`, `a`, `b` and `relative`, a list each with a row a metric; None where a report
        does not hold it. `pandas.DataFrame(found.columns)` is a table of them."""
        return {
            "metric": [c.name for c in self.changes],
            "a": [c.a for c in self.changes],
            "b": [c.b for c in self.changes],
            "relative": [c.relative for c in self.changes],
        }

    def to_json(self, failures: Sequence[str] | None = None) -> dict[str, Any]:
        """As `qdsl compare --json` writes it."""
        told = self.failures if failures is None else failures
        return reports.ReportComparison.to_json(self, told)

    def __str__(self) -> str:
        return reports.render_comparison(self, self.names).removesuffix("\n")

    def __repr__(self) -> str:
        differ = [c.name for c in self.changes if c.a != c.b]
        return (
            f"<Comparison of {' and '.join(self.names)}: {', '.join(differ) or 'nothing'} differ>"
        )


def compare(
    a: Any,
    b: Any,
    limits: Sequence[str | reports.Limit] = (),
    names: tuple[str, str] | None = None,
) -> ComparedReports:
    """Two programs, two compilations of one, or two reports, side by side.

    `a`, `b`: a compiled program, a report, its JSON form, or the path of a file with that.
    `limits`: what must not be: "ebits>+2%" and "rounds>+1" limit the change from the first to the
    second, "fidelity<0.9" the second itself; those that are exceeded are the `failures`.

    `NotAReport` for what is no report, `BadLimit` for a limit that cannot be read or that a
    report does not answer.
    """
    checks = [reports.Limit.parse(x) if isinstance(x, str) else x for x in limits]
    found = reports.compare(document_of(a), document_of(b))
    failures = tuple(check.text for check in checks if check.fails(found))
    named = names or (name_of(a, "first"), name_of(b, "second"))
    return ComparedReports(found.facts, found.changes, found.links, failures, named)


def document_of(given: Any) -> Any:
    """The JSON form of a report."""
    if isinstance(given, Mapping):
        return given
    if isinstance(given, str | Path):
        return saved_report(Path(given))
    report = given if isinstance(given, Report) else getattr(given, "report", None)
    made = report() if callable(report) else report
    if not isinstance(made, Report):
        raise WrongArgument(
            f"a {type(given).__name__} is no report: give a compiled program, a report, its JSON "
            "form or the path of a file with it"
        )
    return made.to_json()


def name_of(given: Any, otherwise: str) -> str:
    """What a side is called."""
    if isinstance(given, str | Path):
        return Path(given).name
    model = getattr(given, "model", None)
    return model if isinstance(model, str) else otherwise


def saved_report(file: Path) -> Any:
    """The JSON of a report in a file. NotAReport if it holds none."""
    try:
        return json.loads(read_bounded(file, LARGEST_REPORT))
    except (OSError, ValueError, RecursionError) as error:
        raise NotAReport(f"{file} cannot be read as a report: {error}") from None
