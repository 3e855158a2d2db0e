"""Programs to edit, and how a test points at a place in one: by what stands there."""

from __future__ import annotations

from typing import Any

from qdsl.editor.document import Document

PROGRAM = """// Two parties.
network lan {
  node alice { qubits 4, comm 2 }
  node bob { qubits 4, comm 2 }
  link alice -- bob { fidelity 0.97, rate 200 Hz }
}

// One layer.
circuit layer(theta: angle[n]) on q[n] {
  for i in 0..n { ry(theta[i]) q[i] }
}

model fit(n = 4) on lan {
  data x: real[n] owner alice
  param w: angle[n] owner bob
  qubits q[n]
  bits c
  at alice { for i in 0..n { rx(x[i]) q[i] } }
  at bob { layer(w) q }
  cx q[0], q[n - 1]
  c = measure q[0]
  if c == 1 { x q[1] }
  return expect(Z q[1])
}

experiment run of fit {
  set n = 4
  shots 100
}
"""


def opened(text: str = PROGRAM, path: str = "fit.qdm") -> Document:
    """A document that has been checked."""
    document = Document(path, text, 1)
    document.analyse()
    return document


def written(start: str, before: str = PROGRAM) -> tuple[Document, int]:
    """The program with the beginning of something written behind it, and the cursor there."""
    document = opened(before)
    document.change(f"{before}\n{start}", 2)
    return document, len(document.text)


def offset(text: str, word: str, nth: int = 0) -> int:
    """Where the nth `word` of a text begins."""
    found = -1
    for _ in range(nth + 1):
        found = text.index(word, found + 1)
    return found


def applied(text: str, edits: list[dict[str, Any]], document: Document) -> str:
    """The text with edits in it."""
    places = []
    for edit in edits:
        start, end = (document.lines.offset(edit["range"][side]) for side in ("start", "end"))
        places.append((start, end, edit["newText"]))
    for start, end, new in sorted(places, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def long_program(lines: int = 2000) -> str:
    """A sound program of that many lines, most of them in one model."""
    head = """network lan {
  node alice { qubits 40, comm 2 }
  node bob { qubits 40, comm 2 }
  link alice -- bob { fidelity 0.97, rate 200 Hz }
}

circuit layer(theta: angle[4]) on q[4] {
  for i in 0..4 { ry(theta[i]) q[i] }
}

model big(n = 8) on lan {
  data x: real[n] owner alice
  param w: angle[n, 4]
  qubits q[n]
"""
    tail = (
        "  return expect(sum(i in 0..n) Z q[i])\n}\n\nexperiment e of big { set n = 8; shots 9 }\n"
    )
    out = head.splitlines()
    for i in range(lines - len(out) - tail.count("\n")):
        k = i % 7
        out.append(
            (
                f"  at alice {{ ry(x[{k}] * 2) q[{k}] }} // number {i}",
                f"  cx q[{k}], q[{k + 1}]",
                f"  for i{i} in 0..n - 1 {{ crz(w[i{i}, 2] / 2) q[i{i}], q[i{i} + 1] }}",
                f"  layer(w[{k}]) q[0..4]",
                f"  let k{i} = 2 * n + {k}",
            )[i % 5]
        )
    return "\n".join(out) + "\n" + tail
