"""Imports go one way, and every module has its place: see `tests/structure.py`."""

from __future__ import annotations

import pytest

from tests import structure


def test_no_circle_of_files_or_of_packages() -> None:
    files = structure.import_graph(structure.sources())
    assert structure.circles(files) == []
    assert structure.circles(structure.package_graph(files)) == []


def test_every_module_has_its_place() -> None:
    assert structure.outside_layers() == []
    assert structure.loose() == []


@pytest.mark.parametrize(
    "text",
    [
        "from qdsl.two.b import g",
        "import qdsl.two.b",
        "from qdsl.two import b",
        "def f():\n    from qdsl.two.b import g",
        "if TYPE_CHECKING:\n    from qdsl.two.b import G",
    ],
)
def test_a_circle_is_seen(text: str) -> None:
    planted = {"qdsl.one.a": text, "qdsl.two.b": "from qdsl.one.a import f", "qdsl.two": '"Two."'}
    files = structure.import_graph(planted)
    assert structure.circles(files) == ["qdsl.one.a qdsl.two.b"]
    assert structure.circles(structure.package_graph(files)) == ["qdsl.one qdsl.two"]
    assert structure.circles(structure.import_graph(planted | {"qdsl.two.b": "import os"})) == []


def test_packages_may_form_a_circle_where_no_files_do() -> None:
    planted = {
        "qdsl.one": "from qdsl.one.inner.x import f",
        "qdsl.one.inner.x": "from qdsl.one.y import g",
        "qdsl.one.y": "import os",
    }
    files = structure.import_graph(planted)
    assert structure.circles(files) == []
    assert structure.circles(structure.package_graph(files)) == ["qdsl.one qdsl.one.inner"]


def test_what_is_followed_by_name_is_no_circle() -> None:
    planted = {
        "qdsl": "def __getattr__(name):\n    from qdsl.api import load",
        "qdsl.api": "from qdsl import __version__\nimport qdsl.passes",
        "qdsl.passes": '"""The passes."""',
        "qdsl.passes.route": "import qdsl",
    }
    assert structure.circles(structure.import_graph(planted)) == []


def test_a_module_without_a_layer_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "layers", lambda: {"qdsl.api"})
    assert "qdsl.ir.stages" in structure.outside_layers()
    monkeypatch.setattr(structure, "LOOSE", {"qdsl"})
    assert structure.loose() == ["qdsl.__main__", "qdsl.api"]


def test_one_class_name_has_one_meaning() -> None:
    places = structure.class_places()
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
