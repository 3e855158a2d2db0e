"""OpenQASM text to a Qiskit circuit, after checks that keep hostile text from the parsers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.language.qasm.errors import QasmInclude, QasmSyntax, QasmTooLarge, QasmUnsupported

MAX_TEXT = {2: 64_000_000, 3: 4_000_000}  # characters; the parser of version 3 is slow
MAX_SIZE = {"qubits": 100_000, "bits": 1_000_000}
MAX_NESTING = 200
MAX_UNFOLDED = 10_000  # operations of one gate, in version 3
LIBRARIES = ("qelib1.inc", "stdgates.inc")

_IGNORED = re.compile(r'//[^\n]*|/\*.*?\*/|("[^"\n]*")', re.DOTALL)
_VERSION = re.compile(r"\s*OPENQASM\s+(\d+)")
_NO_VERSION = re.compile(r"\bOPENQASM\s+[\d.]*\d{4}")  # the parser of version 2 ends in a panic
_INCLUDE = re.compile(r'\binclude\s*["\']([^"\']*)["\']')
_OLD_REGISTER = re.compile(r"\b(?P<sort>[qc])reg\s+\w+\s*\[(?P<size>[^\]]*)\]")
_NEW_REGISTER = re.compile(
    r"(?:^|[;{}])\s*(?P<sort>qubit|bit)\s*\[(?P<size>[^\]]*)\](?=\s*[^\W\d])"
)
_OLD_NAME = re.compile(r"\b[qc]reg\s+(\w+)")
_HUGE_INDEX = re.compile(r"\[\s*(\d{10,})")
_GATE = re.compile(r"(?:^|[;{}])\s*gate\s+(\w+)")
_OWN_GATE = re.compile(r"\bgate\s+(\w+)\s*(?:\(([^)]*)\))?")
_CALLED_BARE = re.compile(r"(?:^|[;{})])\s*(?P<name>[^\W\d]\w*)(?=\s+[^\W\d])")
_DECLARED = re.compile(r"(gate\s+)(\w+)")
_CALLED = re.compile(r"((?:^|[;{}@)])\s*)([^\W\d]\w*)(?=\s*\(|\s+[\w$])")
OWN = "__of_the_file"  # behind the names of the gates that a file defines, as the parsers see them
_BODY = re.compile(r"\bgate\s+(?P<name>\w+)[^{};]*\{(?P<body>[^{}]*)\}")
_STATEMENT = re.compile(r"(?:^|;|@)\s*(\w+)")
_PLACE = re.compile(r"^['\"]?(?:<input>:|line )?L?(\d+)(?:,|:C|:)(\d+):?\s*")


def without_comments(text: str) -> str:
    """The text with every comment blanked, so that all positions stay."""

    def blank(match: re.Match[str]) -> str:
        return match[0] if match[1] else re.sub(r"[^\n]", " ", match[0])

    return _IGNORED.sub(blank, text)


def find(source: Source, pattern: str, start: int = 0) -> Span:
    """The first place outside comments, not before `start`, where the pattern matches; else the
    start of the text."""
    match = re.compile(pattern).search(without_comments(source.text), start)
    return Span(source, match.start(), match.end()) if match else Span(source, 0, 0)


def checked_text(source: Source) -> tuple[str, int]:
    """The text without comments, and its version; `InvalidProgram` where no parser may see it."""
    bare = without_comments(source.text)
    version = version_of(bare)
    problem = next(_hostile(source, bare, version), None)
    if problem is not None:
        raise InvalidProgram((problem,))
    return bare, version


def _with_own_names(bare: str) -> str:
    """The text with other names for its gates: the parser's library must take none of them for
    its own."""
    own = set(_GATE.findall(bare))

    def marked(match: re.Match[str]) -> str:
        return f"{match[1]}{match[2]}{OWN}" if match[2] in own else match[0]

    return _CALLED.sub(marked, _DECLARED.sub(marked, bare)) if own else bare


def version_of(bare: str) -> int:
    """2 or 3, by the first line or else by how registers are declared."""
    stated = _VERSION.match(bare)
    if stated:
        return 3 if stated[1] == "3" else 2
    return 2 if _OLD_REGISTER.search(bare) else 3


def _hostile(source: Source, bare: str, version: int) -> Iterator[Diagnostic]:
    """What is wrong with the text before a parser has seen it."""
    start = Span(source, 0, 0)
    if len(bare) > MAX_TEXT[version]:
        yield QasmTooLarge(start, f"{len(bare):,} characters", MAX_TEXT[version])
    for match in _NO_VERSION.finditer(bare):
        yield QasmSyntax(_span(source, match), "there is no such version of OpenQASM")
    for match in _INCLUDE.finditer(bare):
        if match[1] not in LIBRARIES:
            yield QasmInclude(_span(source, match), match[1])
    if version == 3:
        yield from _unfolding(source, bare)
    else:
        yield from _without_angles(source, bare)
    if not re.search(r"\b(qreg|qubit)\b|\$\d", bare):
        yield QasmSyntax(start, "it declares no qubits")
    yield from _sizes(source, bare, version)
    for match in _HUGE_INDEX.finditer(bare):
        yield QasmTooLarge(_span(source, match), f"index {match[1]}", MAX_SIZE["bits"])
    yield from _nesting(source, bare)


def _without_angles(source: Source, bare: str) -> Iterator[Diagnostic]:
    """Gates with angles that are called without any, as in `rx q[0];`: Qiskit's parser of version 2
    lets them pass, and fails as it makes them."""
    from qiskit import qasm2

    own = dict(_OWN_GATE.findall(bare))
    wanting = {g.name for g in qasm2.LEGACY_CUSTOM_INSTRUCTIONS if g.num_params} | {"U"}
    wanting = (wanting - own.keys()) | {name for name, angles in own.items() if angles.strip()}
    for match in _CALLED_BARE.finditer(bare):
        if match["name"] in wanting:
            here = Span(source, match.start("name"), match.end("name"))
            yield QasmSyntax(here, f"'{match['name']}' is called without its angles")


def _sizes(source: Source, bare: str, version: int) -> Iterator[Diagnostic]:
    total = {"qubits": 0, "bits": 0}
    declared = [*_OLD_REGISTER.finditer(bare)]
    if version == 3:  # in version 2 `qubit` and `bit` are names like others
        declared += _NEW_REGISTER.finditer(bare)
    for match in declared:
        here = Span(source, match.start("sort"), match.end())
        size, sort = match["size"].strip(), "qubits" if match["sort"][0] == "q" else "bits"
        if not (size.isascii() and size.isdecimal()):
            if version == 3:
                continue  # an expression, or the size of an argument
            yield QasmUnsupported(here, f"'{size}' is no number of {sort}")
            continue
        # longer numbers are too large, and Python refuses to read much longer ones
        total[sort] += int(size[:12])
        if total[sort] > MAX_SIZE[sort]:
            yield QasmTooLarge(here, f"{size} {sort}", MAX_SIZE[sort])


def _unfolding(source: Source, bare: str) -> Iterator[Diagnostic]:
    """Gates of gates of gates, which the parser of version 3 unfolds one by one."""
    sizes: dict[str, int] = {}
    for match in _BODY.finditer(bare):
        words = _STATEMENT.findall(match["body"])
        sizes[match["name"]] = 1 + sum(sizes.get(word, 1) for word in words)
        if sizes[match["name"]] > MAX_UNFOLDED:
            place = Span(source, match.start("name"), match.end("name"))
            yield QasmTooLarge(place, f"'{match['name']}' unfolded", MAX_UNFOLDED)
            return


def _nesting(source: Source, bare: str) -> Iterator[Diagnostic]:
    depth = 0
    for match in re.finditer(r"[()\[\]{}]", bare):
        depth += 1 if match[0] in "([{" else -1
        if depth > MAX_NESTING:
            yield QasmTooLarge(_span(source, match), f"{depth} nested brackets", MAX_NESTING)
            return


def parse_2(source: Source, text: str) -> Any:
    """OpenQASM 2 as a Qiskit circuit."""
    from qiskit import qasm2

    bare = _with_own_names(text)
    taken = {match[1] for match in _OLD_NAME.finditer(bare)}
    known = [c for c in qasm2.LEGACY_CUSTOM_INSTRUCTIONS if c.name not in taken]
    try:
        return qasm2.loads(bare, include_path=(), custom_instructions=known)
    except qasm2.QASM2ParseError as error:
        raise _not_understood(source, bare, str(error.message)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the Rust parser's, no Exception
            raise
        raise _not_understood(source, bare, "the parser gave up") from error


def parse_3(source: Source, bare: str) -> Any:
    """OpenQASM 3 as a syntax tree of the reference parser."""
    from contextlib import redirect_stderr
    from io import StringIO

    import openqasm3

    complaints = StringIO()  # its lexer and parser complain on this stream, and raise as well
    try:
        with redirect_stderr(complaints):
            return openqasm3.parse(bare)
    except RecursionError as error:
        raise _not_understood(source, bare, "its expressions are nested too deeply") from error
    except Exception as error:  # it lets out AttributeError, KeyError and others
        said = str(error) or complaints.getvalue().partition("\n")[0]
        raise _not_understood(source, bare, said) from error


def _not_understood(source: Source, parsed: str, message: str) -> InvalidProgram:
    """The parser's message as a diagnostic, at the line and column it begins with."""
    place = _PLACE.match(message)
    span = Span(source, 0, 0)
    if place:
        line = min(max(int(place[1]), 1), source.n_lines)
        before = parsed.split("\n", line)[line - 1][: int(place[2])]
        span = _word_at(source, line, len(before.replace(OWN, "")))
        message = message[place.end() :]
    return InvalidProgram(
        (QasmSyntax(span, message.replace(OWN, "").strip() or "it has an error"),)
    )


def _word_at(source: Source, line: int, column: int) -> Span:
    """The word, or the character, at a line counted from 1 and a column counted from 0."""
    lines = source.text.split("\n", line)
    start = min(sum(len(text) + 1 for text in lines[: line - 1]) + column, len(source.text))
    word = re.compile(r"\w+|\S?").match(source.text, start)
    return Span(source, start, word.end() if word else start)


def _span(source: Source, match: re.Match[str]) -> Span:
    return Span(source, match.start(), match.end())
