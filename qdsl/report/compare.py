"""Two reports side by side, and limits on what may grow from one to the other.

It works on the JSON form, of this version of qdsl or of another: what one of them does not hold
is left open.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from math import inf, isclose, isfinite
from typing import Any

from qdsl.diagnostics.numbers import duration, integer
from qdsl.diagnostics.printable import clean
from qdsl.diagnostics.request_error import Refused
from qdsl.records import dataclass
from qdsl.report.data import NotAReport
from qdsl.report.terminal import WIDTH, clip

FAMILY = re.compile(r"qdsl-report/\d+")
SCHEMA = "qdsl-comparison/2"

# name -> where it stands in the JSON form of a report
METRICS: dict[str, tuple[str, ...]] = {
    "ebits": ("cost", "ebits"),
    "classical_bits": ("cost", "classical_bits"),
    "messages": ("cost", "messages"),
    "remote_gates": ("cost", "remote_gates"),
    "packets": ("cost", "packets"),
    "teleported": ("cost", "teledata"),
    "peak_comm": ("cost", "peak_comm"),
    "rounds": ("cost", "rounds"),
    "message_rounds": ("cost", "message_rounds"),
    "makespan_ns": ("cost", "makespan_ns"),
    "fidelity": ("cost", "fidelity"),
    "qubits": ("program", "qubits"),
    "operations": ("program", "operations"),
    "loss": ("result", "loss"),
    "accuracy": ("result", "accuracy"),
}

FORMER_METRICS = {"moved_qubits": "teleported"}  # still accepted in limits


class BadLimit(Refused):
    """A limit cannot be read, or there is nothing to hold it against."""


@dataclass(frozen=True, slots=True)
class Change:
    """One metric in both reports; None where a report does not hold it."""

    name: str
    a: float | None
    b: float | None

    @property
    def relative(self) -> float | None:
        """b/a - 1; infinite where a is 0 and b is not."""
        if self.a is None or self.b is None:
            return None
        if self.a == 0:
            return 0.0 if self.b == 0 else inf if self.b > 0 else -inf
        return (self.b - self.a) / abs(self.a)


@dataclass(frozen=True, slots=True)
class ReportComparison:
    """What the two reports say. `facts` are (name, a, b) in words; `links` are ebits by link."""

    facts: tuple[tuple[str, str, str], ...]
    changes: tuple[Change, ...]
    links: tuple[Change, ...]

    def change(self, name: str) -> Change:
        """The change of a metric. BadLimit if there is no such metric."""
        found = next((c for c in self.changes if c.name == name), None)
        if found is None:
            raise BadLimit(f"there is no metric '{name}'; there are {', '.join(METRICS)}")
        return found

    def to_json(self, failures: Sequence[str] = ()) -> dict[str, Any]:
        """JSON-ready; an infinite change is null."""
        return {
            "schema": SCHEMA,
            "facts": {name: {"a": a, "b": b} for name, a, b in self.facts},
            "metrics": {c.name: _change_json(c) for c in self.changes},
            "links": {c.name: _change_json(c) for c in self.links},
            "failures": list(failures),
        }


def _change_json(c: Change) -> dict[str, float | None]:
    relative = c.relative
    finite = relative is not None and isfinite(relative)
    return {"a": c.a, "b": c.b, "relative": relative if finite else None}


# ---- comparing -----------------------------------------------------------------------------


def compare(a: Any, b: Any) -> ReportComparison:
    """Compare two reports in JSON form. NotAReport if one of them is something else."""
    for name, document in (("first", a), ("second", b)):
        if not isinstance(document, dict) or not FAMILY.fullmatch(str(document.get("schema"))):
            raise NotAReport(f"the {name} is not a report of qdsl: it has no schema qdsl-report/N")
    changes = (Change(name, _number(a, at), _number(b, at)) for name, at in METRICS.items())
    known = tuple(c for c in changes if c.a is not None or c.b is not None)
    return ReportComparison(tuple(_facts(a, b)), known, _links(a, b))


def _at(document: Any, path: Sequence[str]) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _number(document: Any, path: Sequence[str]) -> float | None:
    found = _at(document, path)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return found if is_number and abs(found) <= 1e300 else None


def _facts(a: Any, b: Any) -> Iterator[tuple[str, str, str]]:
    verified = [_verdict(_at(d, ("verification", "verified"))) for d in (a, b)]
    yield "program", _name(a), _name(b)
    yield "settings", _pairs(a, "settings"), _pairs(b, "settings")
    yield "options", _pairs(a, "options"), _pairs(b, "options")
    yield "verified", verified[0], verified[1]
    imports = [_imports(d) for d in (a, b)]
    if any(imports):
        yield "imports", imports[0] or "-", imports[1] or "-"
    yield "qdsl", _text(a, ("provenance", "qdsl")), _text(b, ("provenance", "qdsl"))
    hashes = [_text(d, ("provenance", "sha256"))[:12] for d in (a, b)]
    yield "source hash", hashes[0], hashes[1]
    files = [_hash_of(_at(d, ("provenance", "files"))) for d in (a, b)]
    if files != ["-", "-"]:
        yield "used files", files[0], files[1]
    networks = [_hash_of(_at(d, ("network",))) for d in (a, b)]
    yield "network hash", networks[0], networks[1]


def _hash_of(found: Any) -> str:
    """The first digits of the SHA-256 of a part of a report; "-" where there is none."""
    if not found:
        return "-"
    try:
        text = json.dumps(found, sort_keys=True)
    except (RecursionError, TypeError, ValueError):
        return "?"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _verdict(verified: Any) -> str:
    return "?" if verified is None else "proved" if verified is True else "not proved"


def _imports(document: Any) -> str:
    """What two readings of all imported files said; "" without imports."""
    found = _at(document, ("verification", "imports"))
    equal = [_at(check, ("equal",)) for check in found] if isinstance(found, list | tuple) else []
    if not equal:
        return ""
    return "read twice: equal" if all(e is True for e in equal) else "not fully compared"


def _name(document: Any) -> str:
    model, network = (_text(document, (part, "name")) for part in ("program", "network"))
    return f"{model} on {network}"


def _text(document: Any, path: Sequence[str]) -> str:
    found = _at(document, path)
    return found if isinstance(found, str) else "?"


def _pairs(document: Any, key: str) -> str:
    found = _at(document, ("provenance", key))
    pairs = (
        [p for p in found if isinstance(p, list | tuple) and len(p) == 2]
        if isinstance(found, list | tuple)
        else []
    )
    return ", ".join(f"{name}={value}" for name, value in pairs) or "-"


def _links(a: Any, b: Any) -> tuple[Change, ...]:
    first, second = _ebits_by_link(a), _ebits_by_link(b)
    names = dict.fromkeys([*first, *second])
    if not (set(first) & set(second)):
        return ()
    return tuple(Change(n, first.get(n), second.get(n)) for n in names)


def _ebits_by_link(document: Any) -> dict[str, float]:
    found = _at(document, ("cost", "links"))
    links = [x for x in found if isinstance(x, dict)] if isinstance(found, list | tuple) else []
    named = ((f"{_text(x, ('a',))} -- {_text(x, ('b',))}", _number(x, ("ebits",))) for x in links)
    return {name: n for name, n in named if n is not None}


# ---- limits --------------------------------------------------------------------------------

_LIMIT = re.compile(r"\s*([a-z_]+)\s*(>=|<=|>|<)\s*([+-]?)(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(%?)\s*")


@dataclass(frozen=True, slots=True)
class Limit:
    """`ebits>+2%`: it fails if it is true. With a sign, of the change from a to b (in per cent of
    a with `%`), without one, of b itself."""

    text: str
    metric: str
    relation: str
    number: float
    is_change: bool
    is_share: bool

    @staticmethod
    def parse(text: str) -> Limit:
        """BadLimit if it cannot be read."""
        match = _LIMIT.fullmatch(text)
        if match is None:
            raise BadLimit(
                f"'{text}' is no limit: write one like 'ebits>+2%', 'rounds>+0' or 'fidelity<0.9'"
            )
        metric, relation, sign, digits, share = match.groups()
        metric = FORMER_METRICS.get(metric, metric)
        if metric not in METRICS:
            raise BadLimit(f"there is no metric '{metric}'; there are {', '.join(METRICS)}")
        if share and not sign:
            raise BadLimit(f"'{text}': a share is of a change, so it needs a sign: +{digits}%")
        number = float(digits) * (-1 if sign == "-" else 1)
        return Limit(text.strip(), metric, relation, number, bool(sign), bool(share))

    def fails(self, found: ReportComparison) -> bool:
        """Whether b is beyond the limit. BadLimit if a report does not hold the metric."""
        change = next((c for c in found.changes if c.name == self.metric), None)
        if change is None or change.b is None or (self.is_change and change.a is None):
            raise BadLimit(f"'{self.text}': a report does not hold {self.metric}")
        value = change.b
        if self.is_change:
            assert change.a is not None and change.relative is not None
            value = 100 * change.relative if self.is_share else change.b - change.a
        if isfinite(value) and isclose(value, self.number, rel_tol=1e-9, abs_tol=1e-12):
            return "=" in self.relation
        return value > self.number if ">" in self.relation else value < self.number


# ---- as text ---------------------------------------------------------------------------------

_NAME, _COLUMN = 16, 21


def render_comparison(found: ReportComparison, names: tuple[str, str]) -> str:
    """Both at most 80 columns wide, what differs marked by its change."""
    titles = zip("AB", names, strict=True)
    lines = [clip(clean(f"{letter}  {name}"), WIDTH) for letter, name in titles]
    lines += ["", _row("", "A", "B", "change")]
    lines += [_row(name, a, b, "" if a == b else "differs") for name, a, b in found.facts]
    lines += [
        _row(c.name, _value(c.name, c.a), _value(c.name, c.b), _said(c)) for c in found.changes
    ]
    moved = [c for c in found.links if c.a != c.b]
    if moved:
        lines += ["", "Ebits by link, where they differ"]
        lines += [_row(c.name, _value("", c.a), _value("", c.b), _said(c)) for c in moved]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _row(name: str, a: str, b: str, said: str = "") -> str:
    a, b = (clip(" ".join(clean(text).split()), _COLUMN) for text in (a, b))
    return f"{clip(clean(name), _NAME):<{_NAME}}  {a:>{_COLUMN}}  {b:>{_COLUMN}}  {said:>10}"


def _value(name: str, x: float | None) -> str:
    if x is None:
        return "-"
    if name == "makespan_ns":
        return duration(x)
    return f"{x:.6g}" if isinstance(x, float) else integer(x)


def _said(c: Change) -> str:
    relative = c.relative
    if relative is None or relative == 0:
        return "" if relative is None else "same"
    if not isfinite(relative):
        return "from 0"
    percent = 100 * relative
    return f"{percent:+.1f}%" if abs(percent) < 1e5 else f"{percent:+.1e}%"
