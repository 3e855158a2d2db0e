"""Data sets in every format, on tiny files: read right, refused with a reason, never unpickled."""

from __future__ import annotations

import gzip
import os
import pickle
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from qdsl.diagnostics.request_error import Refused
from qdsl.studies.paper.datasets.folder import data_sets, read_set
from qdsl.studies.paper.datasets.inert import matrix, read_pickle
from qdsl.studies.paper.datasets.sets import DataSet, GraphSet, NodeSet
from tests.sources import SHARED

DATA = SHARED / "data"


def write_tu(folder: Path, name: str = "TINY", **changed: str) -> Path:
    """A triangle of kind 7 and a path of three with kinds 7, 9, 7."""
    parts = {
        "A": "1, 2\n2, 1\n2, 3\n3, 2\n1, 3\n3, 1\n4, 5\n5, 4\n5, 6\n6, 5\n",
        "graph_indicator": "1\n1\n1\n2\n2\n2\n",
        "graph_labels": "1\n-1\n",
        "node_labels": "7\n7\n7\n7\n9\n7\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for part, text in (parts | changed).items():
        (folder / f"{name}_{part}.txt").write_text(text, encoding="ascii")
    return folder


def graphs(data: DataSet) -> GraphSet:
    assert isinstance(data, GraphSet)
    return data


def nodes(data: DataSet) -> NodeSet:
    assert isinstance(data, NodeSet)
    return data


# ---- TU --------------------------------------------------------------------------------


def test_tu_files_are_read(tmp_path: Path) -> None:
    write_tu(tmp_path / "TINY" / "raw")
    found = graphs(read_set(tmp_path, "tiny"))
    assert found.edges.tolist() == [[0, 1], [0, 2], [1, 2], [3, 4], [4, 5]]
    assert found.features.tolist() == [[1, 0]] * 4 + [[0, 1], [1, 0]]
    assert found.labels.tolist() == [1, 0] and found.graph_of.tolist() == [0, 0, 0, 1, 1, 1]


def test_names_of_one_set_are_one_name(tmp_path: Path) -> None:
    write_tu(tmp_path, "IMDB-BINARY")
    write_tu(tmp_path, "PTC_MR")
    assert list(data_sets(tmp_path)) == ["imdbbinary", "ptc"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"A": "1, 2\n2, 9\n"}, "edges name nodes that are not among the 6"),
        ({"A": "1, two\n"}, "'TINY_A.txt' is no table of numbers"),
        ({"A": "1.5, 2\n"}, "'TINY_A.txt' holds numbers that are no integers"),
        ({"graph_labels": "1\n"}, "the graphs of nodes name graphs"),
        ({"graph_labels": "1\n1\n"}, "fewer than two classes"),
        ({"node_labels": "7\n7\n"}, "2 nodes, of which 6 are placed"),
        ({"graph_indicator": "1\nnan\n"}, "no table|not finite"),
        ({"graph_labels": ""}, "fewer than two classes|the graphs of nodes"),
    ],
)
def test_broken_tu_files_are_refused(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    write_tu(tmp_path, **changed)
    with pytest.raises(Refused, match=said):
        read_set(tmp_path, "tiny")


def test_a_missing_file_and_a_missing_set_are_named(tmp_path: Path) -> None:
    (write_tu(tmp_path) / "TINY_A.txt").unlink()
    with pytest.raises(Refused, match=r"there is no 'TINY_A\.txt'"):
        read_set(tmp_path, "tiny")
    with pytest.raises(Refused, match=r"no data set 'cora'.*there are: tiny"):
        read_set(tmp_path, "cora")


# ---- OGB -------------------------------------------------------------------------------


def write_ogb_nodes(folder: Path, **changed: str) -> None:
    parts = {
        "raw/edge.csv": "0,1\n1,2\n2,3\n2,1\n",
        "raw/node-feat.csv": "0.5,1\n0.25,2\n0,3\n1,4\n",
        "raw/node-label.csv": "0\n1\n1\n0\n",
        "split/time/train.csv": "0\n1\n",
        "split/time/valid.csv": "2\n",
        "split/time/test.csv": "3\n",
    }
    for name, text in (parts | changed).items():
        file = folder / f"{name}.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(text.encode()))


def test_ogb_nodes_are_read_with_their_split(tmp_path: Path) -> None:
    write_ogb_nodes(tmp_path / "ogbn_tiny")
    found = nodes(read_set(tmp_path, "ogbn_tiny"))
    assert found.edges.tolist() == [[0, 1], [1, 2], [2, 3]] and found.labels.tolist() == [
        0,
        1,
        1,
        0,
    ]
    assert found.features[1].tolist() == [0.25, 2]
    assert [part.tolist() for part in (found.train, found.validate, found.test)] == [
        [0, 1],
        [2],
        [3],
    ]


def test_ogb_graphs_are_read(tmp_path: Path) -> None:
    raw = tmp_path / "ogbg_tiny" / "raw"
    raw.mkdir(parents=True)
    texts = {
        "edge": "0,1\n0,1\n1,2\n",
        "num-node-list": "2\n3\n",
        "num-edge-list": "1\n2\n",
        "graph-label": "1\n0\n",
        "node-feat": "5,1\n6,1\n5,1\n5,1\n6,1\n",
    }
    for name, text in texts.items():
        (raw / f"{name}.csv").write_text(text, encoding="ascii")
    found = graphs(read_set(tmp_path, "ogbg_tiny"))
    assert found.edges.tolist() == [[0, 1], [2, 3], [3, 4]]
    assert found.features.tolist() == [[1, 0], [0, 1], [1, 0], [1, 0], [0, 1]]
    assert found.graph_of.tolist() == [0, 0, 1, 1, 1] and found.labels.tolist() == [1, 0]
    (raw / "num-edge-list.csv").write_text("1\n1\n", encoding="ascii")
    with pytest.raises(Refused, match="differ in length"):
        read_set(tmp_path, "ogbg_tiny")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"split/time/test.csv": "7\n"}, "the split name nodes"),
        ({"split/time/test.csv": ""}, "a part of the split is empty"),
        ({"split/size/train.csv": "0\n"}, "one split/KIND/train.csv, and has 2"),
        ({"raw/node-label.csv": "0,1\n1,1\n1,1\n0,0\n"}, "2 labels a node"),
        ({"raw/node-label.csv": "0\n"}, "4 nodes and 1 labels"),
        ({"raw/node-feat.csv": "1\n2\n3\ninf\n"}, "not finite"),
    ],
)
def test_broken_ogb_files_are_refused(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    write_ogb_nodes(tmp_path / "ogbn_tiny", **changed)
    with pytest.raises(Refused, match=said):
        read_set(tmp_path, "ogbn_tiny")


# ---- Planetoid -------------------------------------------------------------------------


def planetoid_parts() -> dict[str, Any]:
    """Nodes 0 to 3 known, of which 0 and 1 labelled for training; 4 and 6 tested, 5 in no file."""
    allx = sparse.csr_matrix(np.array([[1.0, 0, 2], [0, 3, 0], [0, 0, 0], [4, 0, 0]]))
    tx = sparse.csr_matrix(np.array([[0, 0, 6.0], [0, 5, 0]]))
    ally = np.eye(2, dtype=np.int32)[[0, 1, 1, 0]]
    graph = defaultdict(list, {0: [1, 2], 1: [0], 2: [0, 2], 4: [6], 6: [4, 4]})
    return {"x": allx[:2], "tx": tx, "allx": allx, "y": ally[:2],
            "ty": np.eye(2, dtype=np.int32)[[1, 0]], "ally": ally, "graph": graph}  # fmt: skip


def write_planetoid(folder: Path, protocol: int, **changed: Any) -> None:
    for part, content in (planetoid_parts() | changed).items():
        (folder / f"ind.tiny.{part}").write_bytes(pickle.dumps(content, protocol))
    (folder / "ind.tiny.test.index").write_text("6\n4\n", encoding="ascii")


@pytest.mark.parametrize("protocol", [1, 2, 3, 4])
def test_planetoid_files_are_read(tmp_path: Path, protocol: int) -> None:
    write_planetoid(tmp_path, protocol)
    found = nodes(read_set(tmp_path, "tiny"))
    assert found.features.tolist() == [
        [1, 0, 2], [0, 3, 0], [0, 0, 0], [4, 0, 0], [0, 5, 0], [0, 0, 0], [0, 0, 6]
    ]  # fmt: skip
    assert found.labels.tolist() == [0, 1, 1, 0, 0, -1, 1]
    assert found.edges.tolist() == [[0, 1], [0, 2], [4, 6]]
    splits = [part.tolist() for part in (found.train, found.validate, found.test)]
    assert splits == [[0, 1], [2, 3], [4, 6]]


class Harmful:
    """Unpickled, it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def test_what_a_pickle_asks_for_is_not_done(tmp_path: Path) -> None:
    harmful = Harmful(tmp_path / "made")
    write_planetoid(tmp_path, 2, x=harmful)
    with pytest.raises(Refused, match=r"'ind\.tiny\.x' cannot be read: it holds something else"):
        read_set(tmp_path, "tiny")
    assert not harmful.folder.exists()
    pickle.loads(pickle.dumps(harmful))
    assert harmful.folder.exists()  # it would have


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02cthis\ns\n.",  # a module, which is not imported
        b"\x80\x02cthis\ns\n}b.",  # a state for a class
        b"\x80\x02cthis\ns\n\x85R.",  # it is called without operands
        b"\x80\x02ccopyreg\n_reconstructor\nh\x00\x85R.",
        b"\x80\x02ccopyreg\n_reconstructor\nX\x02\x00\x00\x00os\x85R.",
        b"(ios\nsystem\n.",
        b"(cos\nsystem\no.",
        b"\x80\x02\x82\x01.",  # a name by its number in a table
        b"Pos\n.",  # a name that is somebody else's
        b"\x80\x02]r\xff\xff\xff\x7f.",  # it would take 16 GiB to remember this
        b"\x80\x05\x96\x00\x00\x00\x00\x10\x00\x00\x00.",  # and these bytes 64 GiB
    ],
)
def test_pickles_that_mean_harm_are_refused(content: bytes) -> None:
    sys.modules.pop("this", None)
    with pytest.raises(Refused):
        matrix(read_pickle(content))
    assert "this" not in sys.modules


@pytest.mark.parametrize(
    "content",
    [b"", b"no pickle", b"\x80\x02]", b"\x80\x02\x85.", b"\x80\x02h\x07.", b"\x80\x02}K\x01a."],
)
def test_what_is_no_pickle_is_refused(content: bytes) -> None:
    with pytest.raises(Refused, match=r"no pickle of plain arrays|has an instruction|no array"):
        matrix(read_pickle(content))


@pytest.mark.parametrize("wrong", [np.array([None]), np.array(["a"]), {"a": 1}, [1, 2]])
def test_arrays_of_anything_but_numbers_are_refused(wrong: Any) -> None:
    with pytest.raises(Refused):
        matrix(read_pickle(pickle.dumps(wrong, 2)))


def test_a_sparse_matrix_whose_numbers_do_not_fit_is_refused() -> None:
    broken = sparse.csr_matrix(np.eye(3))
    broken.indices = broken.indices + 5
    with pytest.raises(Refused, match="does not fit its shape"):
        matrix(read_pickle(pickle.dumps(broken, 2)))


# ---- DGL -------------------------------------------------------------------------------


def write_dgl(folder: Path, graph: Any = None, form: str = "coo", **changed: Any) -> None:
    """Six nodes of two classes in a ring, two of each part."""
    arrays = {
        "feature": np.arange(12, dtype=np.float32).reshape(6, 2) - 3,
        "label": np.array([0, 1, 0, 1, 0, 1]),
        "node_types": np.array([1, 1, 2, 2, 3, 3]),
    } | changed
    given = {key: value for key, value in arrays.items() if value is not None}
    np.savez(folder / "reddit_data.npz", **given)
    ring = sparse.coo_matrix((np.ones(6), (np.arange(6), (np.arange(6) + 1) % 6)), (6, 6))
    sparse.save_npz(folder / "reddit_graph.npz", (ring if graph is None else graph).asformat(form))


@pytest.mark.parametrize("form", ["coo", "csr", "csc"])
def test_dgl_archives_are_read(tmp_path: Path, form: str) -> None:
    write_dgl(tmp_path, form=form)
    assert list(data_sets(tmp_path)) == ["reddit"]
    found = nodes(read_set(tmp_path, "reddit"))
    assert found.edges.tolist() == [[0, 1], [0, 5], [1, 2], [2, 3], [3, 4], [4, 5]]
    assert found.features[1].tolist() == [-1, 0] and found.labels.tolist() == [0, 1] * 3
    split = [found.train.tolist(), found.validate.tolist(), found.test.tolist()]
    assert split == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"label": None},
            r"'reddit_data\.npz' has no array 'label'; there are: feature, node_t",
        ),
        ({"label": np.zeros(5)}, r"'label' \(5,\) and 'node_types' \(6,\) do not fit together"),
        ({"node_types": np.ones(6)}, "no node has node_types 2, which is validation"),
        ({"feature": np.full((6, 2), "a")}, "'feature' holds something else than numbers"),
        ({"feature": np.full((6, 2), None)}, "cannot be read as an .npz of numbers: Object arrays"),
        ({"feature": np.full((6, 2), np.nan)}, "features that are no finite numbers"),
        ({"graph": sparse.coo_matrix((5, 5))}, r"shape \[5, 5\], and there are 6 nodes"),
        ({"form": "dia"}, "of format 'dia', not coo, csr or csc"),
    ],
)
def test_broken_dgl_archives_are_refused(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    write_dgl(tmp_path, **changed)
    with pytest.raises(Refused, match=said):
        read_set(tmp_path, "reddit")


def test_a_damaged_graph_is_refused(tmp_path: Path) -> None:
    write_dgl(tmp_path)
    (tmp_path / "reddit_graph.npz").write_bytes(b"PK nothing")
    with pytest.raises(Refused, match=r"'reddit_graph\.npz' cannot be read as an \.npz"):
        read_set(tmp_path, "reddit")
    np.savez(tmp_path / "reddit_graph.npz", format="csr", shape=[6, 6], indptr=[0, 1], indices=[0])
    with pytest.raises(Refused, match="its indptr does not fit its indices"):
        read_set(tmp_path, "reddit")
    (tmp_path / "reddit_graph.npz").unlink()
    assert data_sets(tmp_path) == {}


# ---- archives --------------------------------------------------------------------------


def test_archives_that_are_no_data_set_are_passed_over(tmp_path: Path) -> None:
    np.savez(tmp_path / "points.npz", x=np.ones(3))
    (tmp_path / "broken.npz").write_bytes(b"PK nothing")
    assert data_sets(tmp_path) == {}
    with pytest.raises(Refused, match="there are: none"):
        read_set(tmp_path, "points")


def test_an_archive_is_read(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "two.npz",
        graph_offsets=[0, 2, 3],
        graph_labels=[0, 1],
        node_tags=[1, 2, 1],
        edges=[[0, 1]],
    )
    found = graphs(read_set(tmp_path, "two"))
    assert found.graph_of.tolist() == [0, 0, 1] and found.features.tolist() == [
        [1, 0],
        [0, 1],
        [1, 0],
    ]
    np.savez(
        tmp_path / "two.npz",
        graph_offsets=[0, 2, 1],
        graph_labels=[0, 1],
        node_tags=[1, 2, 1],
        edges=[[0, 1]],
    )
    with pytest.raises(Refused, match="graph_offsets do not rise"):
        read_set(tmp_path, "two")


@pytest.mark.skipif(not DATA.is_dir(), reason="the data sets are not beside the checkout")
def test_real_sets_are_read_as_they_are() -> None:
    cora, mutag = nodes(read_set(DATA, "cora")), graphs(read_set(DATA, "mutag"))
    assert cora.features.shape == (2708, 1433) and (len(cora.train), len(cora.test)) == (140, 1000)
    assert len(mutag.labels) == 188 and mutag.classes == 2 and mutag.features.shape == (3371, 7)
