"""`make sbom`: a bill of materials, valid, complete, the same twice, that names no machine."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, distribution, version
from typing import Any

import pytest

pytest.importorskip("cyclonedx", reason="cyclonedx-python-lib is not installed")

from tests.sbom import NAME, extras_of, text_of


def test_it_is_a_valid_document_of_cyclonedx() -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    validator: Any = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(text_of()) is None
    wrong = text_of().replace('"type": "library"', '"type": "librarian"', 1)
    assert validator.validate_str(wrong) is not None


def test_it_names_what_is_needed_with_its_version() -> None:
    document = json.loads(text_of(()))
    found = {c["name"]: c["version"] for c in document["components"]}
    assert document["metadata"]["component"]["name"] == NAME
    for name in ("click", "lark", "networkx", "numpy", "scipy"):
        assert found[name] == version(name)
    assert not {"jax", "pytket", "qiskit", "numba", "pytest"} & set(found)
    edges = {d["ref"]: d.get("dependsOn", []) for d in document["dependencies"]}
    root = document["metadata"]["component"]["bom-ref"]
    assert {ref.split("/")[1].split("@")[0] for ref in edges[root]} == {
        "click",
        "lark",
        "networkx",
        "numpy",
        "scipy",
    }
    assert f"pkg:pypi/numpy@{version('numpy')}" in edges[f"pkg:pypi/scipy@{version('scipy')}"]


def test_extras_bring_what_they_need() -> None:
    try:
        distribution("jax")
    except PackageNotFoundError:
        pytest.skip("jax is not installed")
    found = {c["name"] for c in json.loads(text_of(("train",)))["components"]}
    assert {"jax", "jaxlib", "optax"} <= found  # by the extra that `train` names, too
    assert "pytket" not in found
    assert "train" in extras_of(distribution(NAME)) and "dev" not in extras_of(distribution(NAME))


def test_it_is_the_same_twice_and_names_no_machine() -> None:
    text = text_of()
    assert text == text_of()
    bare = re.sub(r'"\$schema": "[^"]*"', "", text)
    assert "://" not in bare and "/usr" not in bare and "/home" not in bare
    assert "timestamp" not in text and "serialNumber" not in text
