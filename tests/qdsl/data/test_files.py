"""Data files: numbers come in, everything else is refused with QDM760."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from qdsl.data import files as data
from qdsl.data.files import read_archive, read_array
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.diagnostics.source import Source, Span

SPAN = Span(Source("m.qdm", 'data x from "points"'), 12, 20)
CSV = "a, b,c\n1,2,3\n4,5.5,-6e1\n\n"


def refusal(path: Path, key: str = "") -> str:
    """The message with which a file is refused."""
    with pytest.raises(InvalidProgram) as caught:
        read_array(path, key, SPAN)
    (problem,) = caught.value.diagnostics
    assert problem.code == "QDM760"
    assert problem.labels[0].span == SPAN
    help_ = problem.help
    return problem.message + ("" if help_ is None else f" ({help_})")


def file(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# ---- what is read ------------------------------------------------------------------------


def test_columns_of_a_csv(tmp_path: Path) -> None:
    path = file(tmp_path, "p.csv", CSV)
    assert read_array(path, "b", SPAN).tolist() == [2.0, 5.5]
    assert read_array(path, "c,a", SPAN).tolist() == [[3.0, 1.0], [-60.0, 4.0]]
    assert read_array(path, "", SPAN).shape == (2, 3)
    assert read_array(file(tmp_path, "P.CSV", "\ufeff" + CSV), "a", SPAN).tolist() == [1.0, 4.0]
    assert read_array(path, "b", SPAN).dtype == np.float64


def test_blanks_of_a_csv_say_nothing(tmp_path: Path) -> None:
    blank = file(tmp_path, "p.csv", '  \n"a", "b, c"\n1, 2\n \t \n\n3,4\n   ')
    assert read_array(blank, "b, c", SPAN).tolist() == [2.0, 4.0]
    one = file(tmp_path, "p.csv", "a\n1\n  \n2\n")
    assert read_array(one, "a", SPAN).tolist() == [1.0, 2.0]
    assert "line 3" in refusal(file(tmp_path, "p.csv", "a,b\n1,2\n ,\n3,4\n"), "a")


def test_names_of_columns_may_hold_commas(tmp_path: Path) -> None:
    path = file(tmp_path, "p.csv", '"x, raw",x,"a,b,c"\n1,2,3\n4,5,6\n')
    assert read_array(path, "x, raw", SPAN).tolist() == [1.0, 4.0]
    assert read_array(path, "x,x, raw", SPAN).tolist() == [[2.0, 1.0], [5.0, 4.0]]
    assert read_array(path, "a,b,c, x", SPAN).tolist() == [[3.0, 2.0], [6.0, 5.0]]
    assert "no column 'raw'" in refusal(path, "x,raw")


def test_all_columns_are_read_whatever_they_are_called(tmp_path: Path) -> None:
    path = file(tmp_path, "p.csv", "a,a,b\n1,2,3\n")
    assert read_array(path, "", SPAN).tolist() == [[1.0, 2.0, 3.0]]


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, np.float32, np.bool_])
def test_arrays_of_an_npz(tmp_path: Path, dtype: type) -> None:
    path = tmp_path / "p.npz"
    np.savez(path, x=np.ones((3, 2), dtype), y=np.arange(3))
    assert read_array(path, "x", SPAN).shape == (3, 2)
    assert read_array(path, "x", SPAN).dtype == np.float64
    assert read_array(path, "y", SPAN).tolist() == [0, 1, 2]
    np.savez_compressed(tmp_path / "one.npz", only=np.arange(4))
    assert read_array(tmp_path / "one.npz", "", SPAN).shape == (4,)


def test_an_npy_needs_no_name(tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", np.eye(2))
    assert read_array(tmp_path / "p.npy", "whatever", SPAN).tolist() == [[1, 0], [0, 1]]


def test_an_archive_for_values(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", x=[1, 2], w=3.5)
    values = read_archive(tmp_path / "p.npz")
    assert {k: v.tolist() for k, v in values.items()} == {"x": [1, 2], "w": 3.5}


# ---- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "key", "says"),
    [
        ("", "", "line of column names"),
        ("a,b\n", "", "line of column names"),
        ("a,b\n1,2\n", "c", "no column 'c' (it has a, b)"),
        ("a,b\n1\n", "b", "line 2 is too short"),
        ("a,b\n1,2\n1,two\n", "b", "line 3: 'two' is no number"),
        ("a,b\n1_000,2\n", "", "line 2: '1_000' is no number"),
        ("a,b\n1,\u0663\n", "b", "line 2: '\u0663' is no number"),
        ("a,b\n0x10,2\n", "", "line 2: '0x10' is no number"),
        ("1_000,2\n3,4\n", "", "line 1: '1_000' is no number"),
        ("0x10,0x20\n3,4\n", "", "line 1: '0x10' is no number"),
        ("a,b\nInfinity,2\n", "", "line 2: 'Infinity' is not finite"),
        ("a,a,b\n1,2,3\n", "a,a", "2 columns called 'a' (give each its own name)"),
        ("a,a,b\n1,2,3\n", "b,a", "2 columns called 'a'"),
        ("u,v\n1,2\n0,5,1\n", "u", "line 3 has 3 cells, and the first line 2"),
        ("1,2\n0,5,1\n", "", "line 2 has 3 cells"),
        ("a,b\n1,2\n1, NaN\n", "b", "line 3: 'NaN' is not finite (leave the line out)"),
        ("a,b\n1e999,2\n", "", "line 2: '1e999' is not finite"),
        (b"a\n\xff\xfe\n", "", "codec can't decode"),
        ("a\n" + "9" * 200_000 + "\n", "", "field larger than field limit"),
    ],
)
def test_a_csv_that_does_not_do(tmp_path: Path, content: str | bytes, key: str, says: str) -> None:
    assert says in refusal(file(tmp_path, "p.csv", content), key)


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    """Not as an object array, not as a bare pickle with an innocent name."""
    trace = tmp_path / "ran"

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (os.mkdir, (str(trace),))

    np.savez(tmp_path / "p.npz", x=np.array([Bomb()], dtype=object))
    np.save(tmp_path / "p.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    file(tmp_path, "bare.npy", pickle.dumps(Bomb()))
    file(tmp_path, "bare.npz", pickle.dumps(Bomb()))
    for name in ("p.npz", "p.npy", "bare.npy", "bare.npz"):
        refusal(tmp_path / name, "x")
    with pytest.raises(Refused):
        read_archive(tmp_path / "p.npz")
    assert not trace.exists()


def test_a_zip_bomb_is_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bytes(10_000_000))
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(data, "MAX_BYTES", 1_000_000)
    assert "unpacks to more than 1 GiB" in refusal(path, "x")
    with pytest.raises(Refused, match="unpacks to more than"):
        read_archive(path)


def test_a_file_too_large_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "MAX_BYTES", 10)
    assert "larger than 1 GiB" in refusal(file(tmp_path, "p.csv", CSV))


def test_an_array_that_claims_to_be_huge(tmp_path: Path) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606846975,), }"
    header = header.ljust(117) + "\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
    refusal(file(tmp_path, "p.npy", content))
    with zipfile.ZipFile(tmp_path / "p.npz", "w") as archive:
        archive.writestr("x.npy", content)
    refusal(tmp_path / "p.npz", "x")


def npz_of(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "key", "says"),
    [
        ("p.txt", b"1 2 3", "", "'.txt' files are not known (use .npz, .npy or .csv)"),
        ("p.pkl", b"", "", "not known"),
        ("p.npz", npz_of(np.eye(2)), "y", "no array 'y' (it has x)"),
        ("p.npz", npz_of(np.array([1j])), "x", "of type complex128"),
        ("p.npz", npz_of(np.array(["a"])), "x", "of type <U1"),
        ("p.npz", npz_of(np.zeros(2, [("a", "f8")])), "x", "store real numbers"),
        ("p.npz", b"", "x", "cannot read data"),
        ("p.npz", b"no zip", "x", "cannot read data"),
        ("p.npz", npz_of(np.arange(99))[:-40], "x", "cannot read data"),
        ("p.npy", b"\x93NUMPY", "", "cannot read data"),
        ("p.npy", npz_of(np.eye(2)), "", "cannot read data"),
    ],
)
def test_other_files_do_not_do(
    tmp_path: Path, name: str, content: bytes, key: str, says: str
) -> None:
    assert says in refusal(file(tmp_path, name, content), key)


def test_damage_anywhere_is_a_refusal_or_numbers(tmp_path: Path) -> None:
    """Every single byte of an archive flipped: never another exception."""
    whole = npz_of(np.arange(6.0))
    for i in range(0, len(whole), 3):
        path = file(tmp_path, "p.npz", whole[:i] + bytes([whole[i] ^ 0x55]) + whole[i + 1 :])
        try:
            assert read_array(path, "x", SPAN).dtype == np.float64
        except InvalidProgram as refused:
            assert refused.diagnostics[0].code == "QDM760"


def test_a_missing_or_odd_path(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    refusal(tmp_path / "folder.csv")
    for bad in (tmp_path / "none.npz", file(tmp_path, "x.npz", b"x"), tmp_path):
        with pytest.raises(Refused, match=r"cannot be read as an \.npz"):
            read_archive(bad)
    np.save(tmp_path / "p.npy", np.eye(2))
    with pytest.raises(Refused):
        read_archive(tmp_path / "p.npy")
