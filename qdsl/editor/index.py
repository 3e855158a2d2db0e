"""Who is who in a program: every name that is declared, and every place where it is used."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, fields, is_dataclass

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.language import syntax
from qdsl.language.parser.parse import parse
from qdsl.language.typed.program import Checked
from qdsl.language.typed.query import meanings
from qdsl.language.typed.types import Symbol, Type
from qdsl.records import dataclass


@dataclass(slots=True, eq=False)
class Entity:
    """Something with a name. `kind`: network, node, circuit, model, experiment, or the role of a
    symbol (integer, data, param, qubits, bits, let, loop, size, circuit parameter), or a file that
    is used. `name_span` is where it is declared, perhaps in another file, None where a generator
    or a file of another kind names it; `span` is all of its declaration; `inside` is the name of
    the network, circuit or model that it belongs to."""

    kind: str
    name: str
    name_span: Span | None
    span: Span | None = None
    inside: str = ""
    symbol: Symbol | None = None
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class Occurrence:
    start: int
    end: int
    entity: Entity

    def is_at(self, declaration: Span) -> bool:
        """Whether it is the declaration of its entity, if that is in the program itself."""
        own = self.entity.is_own
        return own and self.start == declaration.start


@dataclass(slots=True)
class NameIndex:
    """`types` has the place and type of every expression that is no name, by its start."""

    entities: list[Entity] = field(default_factory=list)
    occurrences: list[Occurrence] = field(default_factory=list)
    types: list[tuple[int, int, Type]] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)

    def at(self, offset: int) -> Occurrence | None:
        """The name at an offset, or that ends there."""
        k = bisect_right(self._starts, offset)
        for occurrence in reversed(self.occurrences[max(k - 2, 0) : k]):
            if occurrence.start <= offset <= occurrence.end:
                return occurrence
        return None

    def of(self, entity: Entity) -> list[Occurrence]:
        return [o for o in self.occurrences if o.entity is entity]

    def type_at(self, offset: int) -> tuple[int, int, Type] | None:
        """The smallest expression around an offset."""
        around = (t for t in self.types if t[0] <= offset < t[1])
        return min(around, key=lambda t: t[1] - t[0], default=None)


def index_of(file: syntax.File, checked: Checked) -> NameIndex:
    """The index of a program's own text, and of what is declared in the files that it uses."""
    builder = _Builder(checked)
    for item in file.items:
        builder.declare(item)
    for source, _ in checked.folders.used:
        for item in _items_of(source):
            builder.declare(item)
    builder.symbols()
    for item in file.items:
        builder.use(item)
        if not checked.is_sound and isinstance(item, syntax.ModelDecl | syntax.CircuitDecl):
            builder.use_wrongly(item)
    return builder.finish()


def _items_of(source: Source) -> tuple[syntax.Item, ...]:
    """Those that a used file gives; none if it does not parse, which is reported."""
    try:
        items = parse(source).items
    except InvalidProgram:
        return ()
    return tuple(item for item in items if not isinstance(item, syntax.ExperimentDecl))


class _Builder:
    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.index = NameIndex()
        self.found: dict[int, Occurrence] = {}  # by start
        self.items: dict[tuple[str, str], Entity] = {}
        self.nodes: dict[tuple[str, str], Entity] = {}
        self.by_place: dict[int, Entity] = {}  # symbols, by where they are declared
        self.heads: list[tuple[int, int, str]] = []  # start, end and name of circuits and models

    def finish(self) -> NameIndex:
        self.index.occurrences = sorted(self.found.values(), key=lambda o: o.start)
        self.index._starts = [o.start for o in self.index.occurrences]
        return self.index

    def _add(self, entity: Entity) -> Entity:
        self.index.entities.append(entity)
        span = entity.name_span
        entity.is_own = span is None or span.source is self.checked.source
        if entity.name_span is not None:
            self._at(entity.name_span, entity)
        return entity

    def _at(self, span: Span, entity: Entity | None) -> None:
        if entity is not None and span.source is self.checked.source:
            self.found.setdefault(span.start, Occurrence(span.start, span.end, entity))

    # ---- what is declared at the top of the file ---------------------------------------

    def declare(self, item: syntax.Item) -> None:
        if isinstance(item, syntax.UseFile):
            self._use_file(item)
            return
        if isinstance(item, syntax.Use):
            return
        kind, name = _KINDS[type(item)], item.name
        entity = Entity(kind, name.id, name.span, item.span)
        if (kind, name.id) in self.items:  # reported as an error; it keeps its first meaning
            return
        self.items[kind, name.id] = self._add(entity)
        if isinstance(item, syntax.NetworkDecl):
            self._nodes(item)
        elif item.span.source is self.checked.source:
            self.heads.append((item.span.start, item.span.end, name.id))

    def _use_file(self, item: syntax.UseFile) -> None:
        """The name of a file is declared at the beginning of that file."""
        name = item.file.value
        for source in used_by(item, self.checked):
            self._at(item.file.span, self._add(Entity("file", name, Span(source, 0, 0))))

    def _nodes(self, item: syntax.NetworkDecl) -> None:
        network = item.name.id
        for node in item.nodes:
            entity = Entity("node", node.name.id, node.name.span, node.span, network)
            self.nodes.setdefault((network, node.name.id), self._add(entity))
        built = self.checked.networks.get(network)
        for made in built.nodes if built is not None else ():
            if (network, made.name) not in self.nodes:
                entity = Entity("node", made.name, None, item.span, network)
                self.nodes[network, made.name] = self._add(entity)

    # ---- symbols of circuits and models ------------------------------------------------

    def symbols(self) -> None:
        """All symbols and their uses, operations that are called, and types of expressions."""
        for meaning in meanings(self.checked):
            if meaning.symbol is not None:
                self._at(meaning.span, self._entity_of(meaning.symbol))
            elif meaning.operation is not None:
                self._at(meaning.span, self._called(meaning.declaration))
            else:
                self._expression(meaning.span, meaning.type)

    def _expression(self, span: Span, found: Type | None) -> None:
        if found is not None and not found.is_unknown and span.source is self.checked.source:
            self.index.types.append((span.start, span.end, found))

    def _called(self, declaration: Span | None) -> Entity | None:
        """The circuit that is declared there; one of the standard library is met here first."""
        if declaration is None:
            return None
        key = ("circuit", declaration.text)
        if key not in self.items:
            self.items[key] = self._add(Entity(*key, declaration, declaration))
        return self.items[key]

    def _entity_of(self, symbol: Symbol) -> Entity | None:
        start = symbol.span.start
        if symbol.span.source is not self.checked.source:
            return None
        if start not in self.by_place:
            inside = next((name for a, b, name in self.heads if a <= start < b), "")
            entity = Entity(symbol.role, symbol.name, symbol.span, symbol.span, inside, symbol)
            self.by_place[start] = self._add(entity)
        return self.by_place[start]

    # ---- names of networks, nodes and models where they are used -----------------------

    def use(self, item: syntax.Item) -> None:
        match item:
            case syntax.NetworkDecl(name=name, links=links):
                for link in links:
                    for end in (link.left, link.right):
                        self._at(end.span, self.nodes.get((name.id, end.id)))
            case syntax.ModelDecl(network=syntax.Name() as network):
                self._at(network.span, self.items.get(("network", network.id)))
                for node in nodes_in(item.body):
                    self._at(node.span, self.nodes.get((network.id, node.id)))
            case syntax.ExperimentDecl():
                self._experiment(item)

    def use_wrongly(self, item: syntax.ModelDecl | syntax.CircuitDecl) -> None:
        """Names where what they stand for cannot stand: the check gives them no meaning, but they
        have one for a reader."""
        known: dict[str, list[Entity]] = {}
        for entity in self.by_place.values():
            if entity.inside == item.name.id:
                known.setdefault(entity.name, []).append(entity)
        for name in values_in(item.body):
            meant = known.get(name.id, ())
            if len(meant) == 1:
                self._at(name.span, meant[0])

    def _experiment(self, item: syntax.ExperimentDecl) -> None:
        model = item.model.id
        self._at(item.model.span, self.items.get(("model", model)))
        inside = {
            (e.kind, e.name): e
            for e in self.by_place.values()
            if e.inside == model and e.kind in ("integer", "data")
        }
        for setting in item.settings:
            self._at(setting.name.span, inside.get(("integer", setting.name.id)))
        for source in item.sources:
            if source.role == "data":
                self._at(source.name.span, inside.get(("data", source.name.id)))


def used_by(item: syntax.UseFile, checked: Checked) -> Iterator[Source]:
    """The file that a `use` names, if it was read."""
    around = os.path.dirname(item.span.source.path)
    path = os.path.normpath(os.path.join(around, item.file.value))
    yield from (source for source, _ in checked.folders.used if source.path == path)


_KINDS: Mapping[type, str] = {
    syntax.NetworkDecl: "network",
    syntax.ModelDecl: "model",
    syntax.ExperimentDecl: "experiment",
    syntax.CircuitDecl: "circuit",
    syntax.CircuitImport: "circuit",
}


# Names that stand for no value: of operations, nodes and types, and where they are declared.
_NO_VALUES: Mapping[type, tuple[str, ...]] = {
    syntax.Apply: ("name", "word"),
    syntax.Call: ("function",),
    syntax.Keyword: ("name",),
    syntax.PauliOn: ("word",),
    syntax.TypeExpr: ("kind",),
    syntax.At: ("node",),
    syntax.Move: ("node",),
    syntax.Reveal: ("node",),
    syntax.DataDecl: ("name", "owner"),
    syntax.ParamDecl: ("name", "owner"),
    syntax.RegisterDecl: ("name",),
    syntax.Let: ("name",),
    syntax.For: ("names",),
    syntax.SumOver: ("names",),
    syntax.OutputExpr: ("function", "to"),
}


def values_in(root: object) -> Iterator[syntax.Name]:
    """Every name that stands for a value, register or bit in a tree."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, syntax.Name):
            yield node
        elif isinstance(node, tuple):
            stack += node
        elif is_dataclass(node) and not isinstance(node, Span):
            skipped = _NO_VALUES.get(type(node), ())
            stack += [getattr(node, f.name) for f in fields(node) if f.name not in skipped]


def nodes_in(body: Iterable[syntax.Statement]) -> Iterator[syntax.Name]:
    """Every name of a node in the statements of a model."""
    stack = list(body)
    while stack:
        statement = stack.pop()
        match statement:
            case syntax.At(node=node, body=inner):
                yield node
                stack += inner
            case syntax.For(body=inner):
                stack += inner
            case syntax.If(then=then, otherwise=otherwise):
                stack += (*then, *otherwise)
            case syntax.Move(node=node) | syntax.Reveal(node=node):
                yield node
            case syntax.DataDecl(owner=owner) | syntax.ParamDecl(owner=owner) if owner is not None:
                yield owner
            case syntax.Return(outputs=outputs):
                yield from (output.to for output in outputs if output.to is not None)
