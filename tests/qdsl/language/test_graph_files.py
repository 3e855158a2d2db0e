"""Graph files: DIMACS, Gset, lists of edges, node-link JSON; the rest is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Source, Span
from qdsl.language.syntax import StringLit
from qdsl.language.syntax.files import Folders
from qdsl.language.values.domain import Graph
from qdsl.language.values.graph_files import read_graph


def read(folder: Path, text: str) -> Graph:
    (folder / "g").write_text(text)
    return read_graph(StringLit("g", Span(Source("m", "g"), 0, 1)), Folders((folder.resolve(),)))


@pytest.mark.parametrize(
    ("text", "n", "edges"),
    [
        ("c a path\np edge 3 2\ne 1 2\ne 2 3\n", 3, ((0, 1), (1, 2))),
        ("p col 4 1\ne 1 2\n", 4, ((0, 1),)),
        ("5 3\n1 2 1\n2 3 1\n4 5 1\n", 5, ((0, 1), (1, 2), (3, 4))),
        ("source,target\n0,1\n1,2\n", 3, ((0, 1), (1, 2))),
        ("0 1 # a comment\n\n1 3\n", 4, ((0, 1), (1, 3))),
        ("source target\n3 2\n0 1\n2 1\n", 4, ((0, 1), (1, 2), (2, 3))),
        ("2 3\n0 1\n2 1\n", 4, ((0, 1), (1, 2), (2, 3))),
        ("3 2\n0 1\n2 4\n", 5, ((0, 1), (2, 3), (2, 4))),
        ("0 1\n1 2 1\n2 3 1\n", 4, ((0, 1), (1, 2), (2, 3))),
        ("a b\nb c\n", 3, ((0, 1), (1, 2))),
        ('{"nodes": [{"id": 1}, {"id": 0}], "edges": [{"source": 1, "target": 0}]}', 2, ((0, 1),)),
    ],
)
def test_formats(tmp_path: Path, text: str, n: int, edges: tuple[tuple[int, int], ...]) -> None:
    found = read(tmp_path, text)
    assert (found.n, found.edges) == (n, edges)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("5 3\n1 2 1\n2 3 1\n4 5 -1\n", "weight '-1'"),
        ("0 1 2.5\n", "weight '2.5'"),
        ("0 1 0_1\n", "weight '0_1'"),
        ('{"nodes": [{"id": 0}, {"id": 1}], "edges": [{"source": 0, "target": 1, "weight": true}]}',
         "weight 'True'"),
        ("5 3\n1 2\n2 3\n4 5\n", "may be an edge, and may say that there are 5 nodes and 3 edges"),
        ("5 3\n1 2\n2 3\n4 5\n", "write `source,target` above it if it is an edge"),
        ("5,3 # counts\n1,2\n2,3 1\n\n4,5\n", "write `p edge 5 3`, and `e` before every edge"),
        ("3 2\n0 1\n2 1\n", "may be an edge, and may say"),
        ("5 4\n1 2 1\n2 3 1\n", "it has 2 edges, and its first line says 4"),
        ('{"nodes": [{"id": 0}], "edges": [], "links": []}', "`edges` and `links`"),
        ('{"nodes": [{"id": 0}], "edges": [], "nodse": []}', "did you mean `nodes`?"),
        ('{"nodes": [{"id": 0}], "edges": [], "edges": []}', "`edges` stands twice"),
        ('{"nodes": [{"id": 0}, {"id": 1}], "edges": [{"source": 0, "target": 1, "wt": 2}]}',
         "an edge has `wt` 2"),
        ("0 1\n1 0\n", "there twice"),
        ("start,stop\n0,1\n", "some of its nodes are numbers"),
        ("p edge 3 5\ne 1 2\n", "it has 1 edges"),
        ("p sp 3 1\ne 1 2\n", "is no `p edge NODES EDGES`"),
        ("p edge 3 1\ne 1 7\n", "does not exist"),
        ("p edge 3 1\ne 0 1\n", "does not exist"),
        ("0 1\n1 2\n0 999999999\n", "at most"),
        ('{"directed": true, "nodes": [{"id": 0}], "edges": []}', "it is directed"),
        ('{"nodes": [{"id": 0}, {"id": 1}], "edges": [{"source": 0, "target": 1, "weight": 2}]}',
         "weight '2'"),
    ],
)  # fmt: skip
def test_what_is_not_understood(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Refusal) as caught:
        read(tmp_path, text)
    assert says in caught.value.problem.message
