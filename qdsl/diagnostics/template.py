"""Texts of diagnostics with the problem's own attributes in braces.

`{name}` is an attribute, `{span.text}` a part of one, `{limit:,}` a number in Python's notation.
A tuple is shown as its parts with commas between them, and `{word.text!q}` in backticks, safe to
print (`!q:60`: up to 60 characters). What stands in a value is never read as a template.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from qdsl.diagnostics.printable import quoted
from qdsl.diagnostics.source import Span
from qdsl.records import dataclass


class _Quoted(str):
    def __format__(self, limit: str) -> str:
        return quoted(str(self), int(limit or 40))


class _Formatter(string.Formatter):
    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return getattr(args[0], str(key))

    def convert_field(self, value: Any, conversion: Any) -> Any:
        return _Quoted(value) if conversion == "q" else super().convert_field(value, conversion)

    def format_field(self, value: Any, format_spec: str) -> str:
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        return format(shown, format_spec)


_FORMATTER = _Formatter()


def attributes(text: str) -> frozenset[str]:
    """The attributes that a template names."""
    names = {name for _, name, _, _ in _FORMATTER.parse(text) if name}
    return frozenset(name.partition(".")[0].partition("[")[0] for name in names)


class Template:
    """A text for every problem of a class: the first of several whose condition holds.

    Each stands with the attributes that have to be given: not None, False or empty. Where they
    are given for no text, an optional template is None, and another one its last text.
    """

    def __init__(self, *choices: tuple[frozenset[str], str], optional: bool = False) -> None:
        self.choices = choices
        self.optional = optional

    @staticmethod
    def of(text: str | Template, optional: bool = False) -> Template:
        if isinstance(text, Template):
            return Template(*text.choices, optional=optional)
        return Template((attributes(text), text), optional=optional)

    def __get__(self, problem: object, owner: type | None = None) -> Any:
        return self if problem is None else self.about(problem)

    def about(self, problem: object) -> str | None:
        fitting = (text for names, text in self.choices if _all_given(names, problem))
        chosen = next(fitting, None if self.optional else self.choices[-1][1])
        return None if chosen is None else _FORMATTER.format(chosen, problem)


def _all_given(names: Iterable[str], problem: object) -> bool:
    values = (getattr(problem, name) for name in names)
    return not any(v is None or v is False or v == "" or v == () for v in values)


# A template and the places below are typed as what they give on an instance, as `field` is.


def first_of(*texts: str) -> str:
    """The first text whose attributes are all given."""
    return cast(str, Template(*((attributes(text), text) for text in texts)))


def when(attribute: str, text: str, otherwise: str) -> str:
    """One text where an attribute is given or true, and another one where it is not."""
    return cast(str, Template((frozenset((attribute,)), text), (frozenset(), otherwise)))


@dataclass(frozen=True, slots=True)
class Label:
    """A place concerned, with what to say of it. A diagnostic's first label is the main one."""

    span: Span
    text: str = ""


class LabelTemplates:
    """The labels of every problem of a class: attributes that are spans, and what is said."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = {name: Template.of(text) for name, text in texts.items()}

    def __get__(self, problem: object, owner: type | None = None) -> Any:
        if problem is None:
            return self
        spans = {name: getattr(problem, name) for name in self.texts}
        return tuple(
            Label(span, self.texts[name].about(problem) or "")
            for name, span in spans.items()
            if span is not None
        )


def places(**texts: str) -> tuple[Label, ...]:
    """Labels at these attributes, the main one first, without those that are None."""
    return cast(tuple[Label, ...], LabelTemplates(texts))
