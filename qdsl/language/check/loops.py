"""The names that `for` and `sum` bind."""

from __future__ import annotations

from qdsl.language import syntax
from qdsl.language.check.errors.names import DuplicateName
from qdsl.language.check.expressions import Typist
from qdsl.language.check.types import INT, UNKNOWN, Names, Symbol, Type
from qdsl.language.values.errors import InvalidLoop


def loop_names(typist: Typist, names: tuple[syntax.Name, ...], iterable: syntax.Expr) -> Names:
    """The names inside a loop; an iterable that is none is reported."""
    found = typist.of(iterable)
    _check_iterable(typist, names, iterable, found)
    inner = Names(typist.names)
    for name in names:
        earlier = inner.find(name.id)
        if earlier is not None:
            typist.problems.add(DuplicateName(name.span, name.id, earlier.span))
        type_ = UNKNOWN if found.is_unknown else INT
        inner.symbols[name.id] = Symbol(name.id, type_, name.span, "loop", uses=1)
    return inner


def _check_iterable(
    typist: Typist, names: tuple[syntax.Name, ...], iterable: syntax.Expr, found: Type
) -> None:
    if found.is_unknown or found.sort == "list":
        return
    if found.sort not in ("range", "edges"):
        suggestion = f"write `0..{iterable.span.text}`" if found.sort == "int" else None
        if found.sort == "graph":
            suggestion = f"write `edges({iterable.span.text})`"
        text = f"a loop cannot run over {found}"
        typist.problems.add(InvalidLoop(iterable.span, text, suggestion))
    elif len(names) != (2 if found.sort == "edges" else 1):
        text = "an edge has two ends" if found.sort == "edges" else "a range gives one value a turn"
        suggestion = "write `(i, j)`" if found.sort == "edges" else "use one name"
        typist.problems.add(InvalidLoop(names[0].span, text, suggestion))
