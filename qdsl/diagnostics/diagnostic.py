"""What can be wrong with a user's input, and how it is said.

Every problem is one frozen dataclass that derives from `Diagnostic` and stands beside the
code that finds it. Its docstring is what `qdsl explain CODE` prints.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from qdsl.diagnostics.source import Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A place concerned, with what to say of it. A diagnostic's first label is the main one."""

    span: Span
    text: str = ""


class Diagnostic(ABC):
    """One problem. Subclasses are frozen dataclasses with `code` and `title` class variables.

    `message` is one line; `labels` are the places, the main one first; `why` is one sentence;
    `help` is a change that would compile, or None.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR

    _by_code: ClassVar[dict[str, type[Diagnostic]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if inspect.isabstract(cls) or "code" not in cls.__dict__:
            return
        known = Diagnostic._by_code.get(cls.code)
        # dataclass(slots=True) builds the class twice under one name: that is the same problem
        if known is not None and known.__qualname__ != cls.__qualname__:
            raise TypeError(f"{cls.code} names both {known.__name__} and {cls.__name__}")
        Diagnostic._by_code[cls.code] = cls

    @abstractmethod
    def message(self) -> str: ...

    @abstractmethod
    def labels(self) -> tuple[Label, ...]: ...

    @abstractmethod
    def why(self) -> str: ...

    def help(self) -> str | None:
        return None

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": str(self.severity),
            "title": self.title,
            "message": self.message(),
            "why": self.why(),
            "help": self.help(),
            "labels": [_label_json(label) for label in self.labels()],
        }


def _label_json(label: Label) -> dict[str, Any]:
    source = label.span.source
    line, column = source.position(label.span.start)
    end_line, end_column = source.position(label.span.end)
    return {
        "path": source.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "text": label.text,
    }


def known_codes() -> dict[str, type[Diagnostic]]:
    """Every diagnostic class loaded so far, by code. `qdsl.diagnostics.explain` loads them all."""
    return dict(sorted(Diagnostic._by_code.items()))


class Diagnostics:
    """Collects problems during one check; the same problem at the same place is kept once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int, str], Diagnostic] = {}

    def add(self, problem: Diagnostic) -> None:
        labels = problem.labels()
        start, end = (labels[0].span.start, labels[0].span.end) if labels else (-1, -1)
        path = labels[0].span.source.path if labels else ""
        self._found.setdefault((problem.code, start, end, path), problem)

    def extend(self, problems: Iterable[Diagnostic]) -> None:
        for problem in problems:
            self.add(problem)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self._found.values(), key=_reading_order))

    def __len__(self) -> int:
        return len(self._found)

    @property
    def has_errors(self) -> bool:
        return any(p.severity is Severity.ERROR for p in self._found.values())

    def raise_errors(self) -> None:
        """Raise `InvalidProgram` with everything found if any of it is an error."""
        if self.has_errors:
            raise InvalidProgram(tuple(self))


def _reading_order(problem: Diagnostic) -> tuple[str, int, str]:
    labels = problem.labels()
    if not labels:
        return ("", -1, problem.code)
    return (labels[0].span.source.path, labels[0].span.start, problem.code)


class InvalidProgram(Exception):
    """The user's input has errors. `diagnostics` says which; `str()` renders them as text."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        from qdsl.diagnostics.render import render_all

        return render_all(self.diagnostics)


class InternalError(Exception):
    """A broken invariant of ours, never the user's fault: names pass, rule and place."""

    def __init__(self, stage: str, rule: str, detail: str) -> None:
        super().__init__(f"{stage}: rule '{rule}' is broken: {detail}")
        self.stage = stage
        self.rule = rule
        self.detail = detail
