"""What can be wrong with a user's input, and how it is said.

Every problem is one class that derives from `Diagnostic`, in the `errors` of the step that finds
it. Its docstring is what `qdsl explain CODE` prints; its first `qdm` block is a program with that
problem, which the tests check.

    class UnknownModule(Diagnostic):
        '''A `use` of a module that does not exist. ...'''

        code = "QDM105"
        title = "unknown module"
        span: Span
        name: str
        meant: str | None
        message = "there is no module '{name}'"
        labels = places(span="unknown")
        why = "Modules are those of the standard library."
        help = "did you mean '{meant}'?"
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, ClassVar, dataclass_transform

from qdsl.diagnostics.printable import clean
from qdsl.diagnostics.template import Label, Template


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass_transform(frozen_default=True)
class Diagnostic:
    """One problem. Annotations of a subclass are its fields, as in a frozen dataclass.

    `message` is one line; `labels` are the places, the main one first; `why` is one sentence;
    `help` is a change that would compile, or None. A subclass gives them as templates (see
    `template`), or as properties where they have to be computed. `help` is None where a field
    that it names is.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    __signature__: ClassVar[inspect.Signature]

    _by_code: ClassVar[dict[str, type[Diagnostic]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        for name in ("message", "why", "help"):
            text = own.get(name)
            if isinstance(text, (str, Template)):
                setattr(cls, name, Template.of(text, optional=name == "help"))
        cls.__signature__ = inspect.Signature(list(_parameters(cls)))
        if "code" in own:
            cls._register()

    @classmethod
    def _register(cls) -> None:
        known = Diagnostic._by_code.setdefault(cls.code, cls)
        if known is not cls:
            raise TypeError(f"{cls.code} names both {known.__name__} and {cls.__name__}")
        if cls.message is Diagnostic.message or cls.why is Diagnostic.why:
            raise TypeError(f"{cls.__name__} does not say what is wrong, or why")

    # One constructor for all: code made for each class would take longer to import than the rest.
    def __init__(self, *values: Any, **named: Any) -> None:
        given = self.__signature__.bind(*values, **named)
        given.apply_defaults()
        vars(self).update(given.arguments)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot assign to '{name}': a diagnostic is immutable")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({shown})"

    @property
    def message(self) -> str:
        raise NotImplementedError

    @property
    def labels(self) -> tuple[Label, ...]:
        return ()

    @property
    def why(self) -> str:
        raise NotImplementedError

    @property
    def help(self) -> str | None:
        return None

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": str(self.severity),
            "title": self.title,
            "message": self.message,
            "why": self.why,
            "help": self.help,
            "labels": [_label_json(label) for label in self.labels],
        }


def _parameters(kind: type[Diagnostic]) -> Iterator[inspect.Parameter]:
    """The fields of a class and of those it derives from, and their defaults."""
    for base in reversed(kind.__mro__[: kind.__mro__.index(Diagnostic)]):
        for name, annotation in inspect.get_annotations(base).items():
            if not str(annotation).startswith("ClassVar"):
                default = vars(base).get(name, inspect.Parameter.empty)
                either_way = inspect.Parameter.POSITIONAL_OR_KEYWORD
                yield inspect.Parameter(name, either_way, default=default, annotation=annotation)


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


MOST_KEPT = 200  # errors, and as many warnings, of one check


class ProblemsLeftOut(Diagnostic):
    """A check found more problems than are shown.

    The first 200 errors and the first 200 warnings are kept; mend some, and check again.
    """

    code = "QDM028"
    title = "more problems than are shown"
    severity = Severity.WARNING
    count: int
    message = "{count:,} further problems are left out"
    why = "The first 200 errors and 200 warnings of a check are shown."
    help = "mend some, and check again"


class Diagnostics:
    """Collects problems during one check; the same problem at the same place is kept once, and
    no more than `MOST_KEPT` of a severity."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int, str], Diagnostic] = {}
        self._kept: Counter[Severity] = Counter()
        self._left_out = 0
        self.n_errors = 0  # those left out included

    def add(self, problem: Diagnostic) -> None:
        if self._kept[problem.severity] >= MOST_KEPT:
            self._left_out += 1
            self.n_errors += problem.severity is Severity.ERROR
            return
        labels = problem.labels
        start, end = (labels[0].span.start, labels[0].span.end) if labels else (-1, -1)
        path = labels[0].span.source.path if labels else ""
        key = (problem.code, start, end, path)
        if key not in self._found:
            self._found[key] = problem
            self._kept[problem.severity] += 1
            self.n_errors += problem.severity is Severity.ERROR

    def extend(self, problems: Iterable[Diagnostic]) -> None:
        for problem in problems:
            self.add(problem)

    def __iter__(self) -> Iterator[Diagnostic]:
        left_out = [ProblemsLeftOut(self._left_out)] if self._left_out else []
        return iter([*sorted(self._found.values(), key=_reading_order), *left_out])

    def __len__(self) -> int:
        """How many were found, those left out included."""
        return len(self._found) + self._left_out

    @property
    def has_errors(self) -> bool:
        return self.n_errors > 0

    def raise_errors(self) -> None:
        """Raise `InvalidProgram` with everything found if any of it is an error."""
        if self.has_errors:
            raise InvalidProgram(tuple(self))


def _reading_order(problem: Diagnostic) -> tuple[str, int, str]:
    labels = problem.labels
    if not labels:
        return ("", -1, problem.code)
    return (labels[0].span.source.path, labels[0].span.start, problem.code)


class InvalidProgram(Exception):
    """The user's input has errors. `diagnostics` says which; `str()` has a line for each."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return "\n".join(map(_line, self.diagnostics))


def _line(problem: Diagnostic) -> str:
    place = f"{problem.labels[0].span}: " if problem.labels else ""
    return clean(f"{place}{problem.code}: {problem.message}")


class InternalError(Exception):
    """A broken invariant of ours, never the user's fault: names pass, rule and place."""

    def __init__(self, stage: str, rule: str, detail: str) -> None:
        super().__init__(f"{stage}: rule '{rule}' is broken: {detail}")
        self.stage = stage
        self.rule = rule
        self.detail = detail
