"""What can be written at a place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

from qdsl.editor import signatures, words
from qdsl.editor.document import Document
from qdsl.editor.fixes import first_item
from qdsl.editor.markdown import code
from qdsl.editor.place import LocalName, Place
from qdsl.editor.positions import Json
from qdsl.editor.signatures import Signature
from qdsl.language.check.losses import FUNCTIONS as LOSS_FUNCTIONS
from qdsl.language.check.losses import NAMES as LOSS_NAMES
from qdsl.language.check.standard import MODULES
from qdsl.language.lowering.outputs import OUTPUTS
from qdsl.language.networks.network_properties import LINK, NODE, Sort
from qdsl.language.networks.presets import link_presets, node_presets, presets
from qdsl.language.parser.forms import FORMS
from qdsl.language.parser.lexer import NUMBERS
from qdsl.language.parser.tables import tables
from qdsl.language.syntax.units import UNITS
from qdsl.language.syntax.words import OPTIONS
from qdsl.language.typed import tree
from qdsl.language.values.arithmetic import CONSTANTS, FUNCTIONS
from qdsl.language.values.graphs import FUNCTIONS as GRAPH_FUNCTIONS
from qdsl.language.values.graphs import GENERATORS
from qdsl.language.values.steps import APPLICABLE
from qdsl.network.models import PROTOCOLS
from qdsl.network.network import TOPOLOGIES
from qdsl.records import dataclass

# kinds of completions, as the protocol numbers them
FUNCTION, VARIABLE, CLASS, MODULE, PROPERTY, UNIT, VALUE, KEYWORD, CONSTANT, TYPE = (
    3, 6, 7, 9, 10, 11, 12, 14, 21, 25,
)  # fmt: skip
_BODIES = frozenset({"model", "circuit", "for", "if", "else", "at"})
_DECLARES = frozenset({"let", "param", "for", "model", "circuit", "network", "experiment", "node",
                       "qubits", "bits", "data"})  # fmt: skip
_VALUES = ("integer", "data", "param", "let", "loop", "size", "circuit parameter")
_UNITS_OF = {"rate": "rate", "time": "time", "limit": "time", "fidelity": "fraction"}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be written; `order` sorts the nearest first, and `module` is what has to
    be used for it."""

    label: str
    kind: int
    detail: str = ""
    doc: str = ""
    order: int = 5
    module: str = ""


def completion(document: Document, offset: int) -> list[Json]:
    """The protocol's `CompletionItem`s at an offset: those that can stand there, whatever part of
    the word is written."""
    place = document.place(offset)
    if place.is_text:
        return []
    found: dict[str, Choice] = {}
    for choice in (*_names(document, place), *_keywords(place)):
        found.setdefault(choice.label, choice)
    written = document.lines.range(place.start, offset)
    top = document.lines.range(*2 * (first_item(document.text),))
    return [_item(choice, written, top) for choice in found.values()]


def _item(choice: Choice, written: Json, top: Json) -> Json:
    item: Json = {
        "label": choice.label,
        "kind": choice.kind,
        "sortText": f"{choice.order}{choice.label}",
        "textEdit": {"range": written, "newText": choice.label},
    }
    if choice.module:
        item["additionalTextEdits"] = [{"range": top, "newText": f"use {choice.module}\n"}]
    if choice.detail:
        item["detail"] = choice.detail
    if choice.doc:
        item["documentation"] = {"kind": "markdown", "value": choice.doc}
    return item


def _keywords(place: Place) -> Iterator[Choice]:
    """The keywords that the grammar takes here."""
    if place.accepted is None:
        return
    for word in sorted(place.accepted & tables().keywords):
        form = FORMS.get(word, "")
        yield Choice(word, KEYWORD, form, code(form) if form else "", 6)


# ---- names, by where the place is ---------------------------------------------------------


def _names(document: Document, place: Place) -> Iterator[Choice]:
    accepted = place.accepted
    if accepted is not None and not accepted & {"NAME", "UNIT"}:
        return
    before = place.statement[-1].kind if place.statement else ""
    if before in NUMBERS:
        yield from _units(place)
        return
    if accepted is not None and "NAME" not in accepted:
        return
    for keyword, choices in _INSIDE:
        if place.around(keyword) is not None:
            yield from choices(document, place, before)
            return
    yield from _at_top(document, place, before)


def _at_top(document: Document, place: Place, before: str) -> Iterator[Choice]:
    """Outside of all blocks: heads."""
    first = place.statement[0].kind if place.statement else ""
    level = sum((t.kind in "([") - (t.kind in ")]") for t in place.statement)
    if first == "use":
        modules = (f"std.{name}" for name in MODULES)
        is_dotted = before == "."
        yield from (Choice(m[4:] if is_dotted else m, MODULE) for m in modules)
    elif first == "model" and before == "on":
        yield from _declared(document, "network")
    elif first == "experiment" and before == "of":
        yield from _declared(document, "model")
    elif first == "network" and before == "=":
        yield from (_called(signatures.shape(name)) for name in TOPOLOGIES)
    elif first == "circuit" and before == ":":
        yield from _types(words.DATA_TYPES)
    elif first in ("model", "circuit") and level and before not in ("(", ","):
        yield from _locals(place, ("integer", "size"))
        yield from _functions()


def _in_network(document: Document, place: Place, before: str) -> Iterator[Choice]:
    first = place.statement[0] if place.statement else None
    block = place.block
    if block == "network" and place.blocks[-1].word(2) == "=":
        yield from _properties(place, {**NODE, **LINK})
    elif block in ("node", "link"):
        yield from _properties(place, NODE if block == "node" else LINK)
    elif first is not None and first.kind == "link":
        if before == "=":
            yield from _presets(link_presets())
        else:
            yield from _nodes(document, place.blocks[1].word(1), place)


def _in_experiment(document: Document, place: Place, before: str) -> Iterator[Choice]:
    model = place.blocks[1].behind("of")
    first = place.statement[0] if place.statement else None
    if place.block != "experiment":  # between the braces of an option
        option, given = place.blocks[-1].word(0), place.blocks[-1].given
        if first is None:
            left = (k for k in words.SETTINGS.get(option, ()) if k not in given)
            yield from (Choice(k, PROPERTY, f"of {option}") for k in left)
    elif first is None:
        left = (k for k in OPTIONS if k not in place.blocks[-1].given)
        yield from (Choice(k, PROPERTY, words.OPTION_MEANS[k], "", 3) for k in left)
    elif first.kind == "set" and before == "set":
        yield from _declared(document, "integer", model)
    elif first.kind == "data" and before == "data":
        yield from _declared(document, "data", model)
    elif before == "STRING":
        yield from (Choice(k, VALUE, "how features are scaled") for k in words.SCALES)
    elif first.text in words.VALUES:
        yield from _option_values(first.text, place)


def _option_values(option: str, place: Place) -> Iterator[Choice]:
    level = sum((t.kind == "(") - (t.kind == ")") for t in place.statement)
    if option == "train" and level:
        called = signatures.optimiser(place.statement[1].text)
        yield from (Choice(a.split()[0], PROPERTY) for a in (called.arguments if called else ()))
    elif len(place.statement) == 1:
        yield from (Choice(k, VALUE, f"{option} {k}", "", 3) for k in words.VALUES[option])
    if option == "loss":
        yield from (Choice(k, VARIABLE, "in a loss") for k in LOSS_NAMES)
        yield from (_called(signatures.function(k)) for k in LOSS_FUNCTIONS)


def _in_body(document: Document, place: Place, before: str) -> Iterator[Choice]:
    """In a model or circuit."""
    first = place.statement[0] if place.statement else None
    model = place.around("model")
    network = model.behind("on") if model is not None else ""
    if before in ("owner", "to") or (before == "at" and len(place.statement) == 1):
        yield from _nodes(document, network, place)
    elif first is None or before == "@":
        yield from _operations(document)
        yield from _locals(place, ("bits",))
    elif before == ":":
        yield from _types(words.PARAM_TYPES if first.kind == "param" else words.DATA_TYPES)
    elif first.kind == "return" and _begins_output(place):
        yield from (_called(signatures.function(name)) for name in OUTPUTS)
    elif before in _DECLARES or (first.kind in ("qubits", "bits") and before == ","):
        return
    elif first.kind in ("measure", "reset", "barrier", "move") and before != "[":
        yield from _locals(place, ("qubits",))
    elif first.kind == "reveal" and before == "reveal":
        yield from _locals(place, ("data", "param"))
    elif _is_operand(place):
        yield from _locals(place, ("qubits", "bits"))
        if before == "=":
            yield from _operations(document, tree.Import)
    else:
        brackets = place.open_brackets()
        takes_qubits = first.kind in ("return", "if") and brackets[-1:] != ["["]
        yield from _locals(place, None if takes_qubits else _VALUES)
        yield from _functions()
        if takes_qubits and first.kind == "return":
            yield from (Choice(letter, CONSTANT, "a Pauli matrix") for letter in "XYZI")
        if brackets[-1:] == ["("]:
            yield from _named_arguments(place)


_INSIDE: tuple[tuple[str, Callable[[Document, Place, str], Iterator[Choice]]], ...] = (
    ("network", _in_network),
    ("experiment", _in_experiment),
    ("model", _in_body),
    ("circuit", _in_body),
)


def _named_arguments(place: Place) -> Iterator[Choice]:
    """Those of the generator of graphs whose arguments are written."""
    for before, token in reversed(list(pairwise(place.statement))):
        if token.kind == "(" and before.text in GENERATORS:
            yield from (Choice(k, PROPERTY) for k in GENERATORS[before.text].arguments)
            return


def _begins_output(place: Place) -> bool:
    level = sum((t.kind in ("(", "[")) - (t.kind in (")", "]")) for t in place.statement)
    return not level and place.statement[-1].kind in ("return", ",")


def _is_operand(place: Place) -> bool:
    """Whether the qubits of an operation are written: behind its name and arguments."""
    level = 0
    for token in place.statement:
        level += (token.kind in ("(", "[")) - (token.kind in (")", "]"))
        if token.kind in ("let", "for", "if", "return", "data", "param", "qubits", "bits"):
            return False
    return not level


# ---- kinds of names --------------------------------------------------------------------------


def _called(signature: Signature | None, order: int = 5) -> Choice:
    assert signature is not None
    return Choice(signature.name, FUNCTION, signature.label, signature.doc, order)


def _operations(document: Document, only: type | None = None) -> Iterator[Choice]:
    """What can be applied; `only` imported circuits have results."""
    circuits = document.circuits()
    for name, circuit in circuits.items():
        if only is None or isinstance(circuit, only):
            yield _called(signatures.operation(name, circuits), 3)
    if only is not None:
        return
    for name in APPLICABLE:
        yield _called(signatures.operation(name, {}), 4)
    for module, found in signatures.module_circuits():
        if found.name not in circuits:
            yield Choice(found.name, FUNCTION, found.label, found.doc, 7, module)


def _functions() -> Iterator[Choice]:
    for name in (*FUNCTIONS, *GRAPH_FUNCTIONS, "len"):
        yield _called(signatures.function(name))
    for name, value in CONSTANTS.items():
        yield Choice(name, CONSTANT, str(value))


def _locals(place: Place, roles: Iterable[str] | None) -> Iterator[Choice]:
    """The names in scope, those declared last first; of some roles, or of all."""
    visible: list[LocalName] = place.visible()
    for local in reversed(visible):
        if roles is None or local.role in roles:
            yield Choice(local.name, VARIABLE, local.text, "", 1)


def _declared(document: Document, kind: str, inside: str = "") -> Iterator[Choice]:
    index = document.good.index if document.good is not None else None
    for entity in index.entities if index is not None else ():
        if entity.kind == kind and (not inside or entity.inside == inside):
            yield Choice(entity.name, CLASS if not inside else VARIABLE, kind, "", 1)


def _nodes(document: Document, network: str, place: Place) -> Iterator[Choice]:
    """Those of a network, and those that stand above in the one that is being written."""
    yield from _declared(document, "node", network)
    yield from _locals(place, ("node",))


def _types(kinds: Iterable[str]) -> Iterator[Choice]:
    yield from (Choice(kind, TYPE, words.TYPE_MEANS[kind]) for kind in kinds)


def _properties(place: Place, sorts: Mapping[str, Sort]) -> Iterator[Choice]:
    """Properties that are not given yet; presets behind those that take one."""
    if place.statement:
        name = place.statement[-1].text
        if name == "distillation":
            yield from (Choice(p, VALUE, "a protocol") for p in PROTOCOLS)
        if name in ("preset", "hardware"):
            yield from _presets(link_presets() if name == "preset" else node_presets())
        return
    for name in sorts:
        if name not in place.blocks[-1].given:
            yield Choice(name, PROPERTY, words.property_text(name, sorts))


def _presets(names: Iterable[str]) -> Iterator[Choice]:
    known = presets()
    yield from (Choice(name, VALUE, known[name].kind, known[name].origin) for name in names)


def _units(place: Place) -> Iterator[Choice]:
    """The units of a property's value, or of an angle."""
    name = place.statement[-2].text if len(place.statement) > 1 else ""
    sort = {**NODE, **LINK}.get(name)
    if place.block in _BODIES:
        wanted: str | None = "angle"
    else:
        wanted = _UNITS_OF.get(sort.dimension) if sort is not None else None
    for unit, meaning in UNITS.items():
        if meaning.dimension == wanted:
            yield Choice(unit, UNIT, meaning.dimension)
