"""The house rules that no other tool checks, on every file git knows or would take."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import qdsl
from tests.sources import ROOT

FOLDERS = {".github", ".ci", "backends", "docs", "examples", "grammar", "passes", "qdsl", "tests"}
MAX_LINES = 500
MAX_SKIPS = 2
# what passes take of others; `pyproject.toml` says why, and which modules of theirs
LENT = {
    "insert_communication": ("schedule", "canonicalize"),
    "partition": ("canonicalize", "insert_communication"),
    "partition_exact": ("partition", "insert_communication", "canonicalize"),
}
HEAVY = {"jax", "jaxlib", "lark", "networkx", "numpy", "pytket", "qiskit", "scipy"}

# taken apart, so that this file passes its own test
REGISTRY_HOSTS = [
    re.escape(".".join(name))
    for name in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("debian", "org"),
        ("golang", "org"),
        ("crates", "io"),
    )
]
ADDRESS = re.compile("|".join([*REGISTRY_HOSTS, "--(?:extra-)?index[-]url", "--find[-]links"]))
MACHINE_PATH = re.compile(
    r"(?<![\w.~}-])/(?:root|work|home|Users|opt|mnt|srv)/[\w.]|\b[A-Z]:\\(?:Users|Python)"
)


@cache
def files() -> tuple[Path, ...]:
    """Every regular file that is tracked, or new and not ignored, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    paths = [Path(name) for name in listing.stdout.split("\0") if name]
    return tuple(p for p in paths if (ROOT / p).is_file() and not (ROOT / p).is_symlink())


def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def matches(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:80]}"
        for path in files()
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry() -> None:
    assert matches(ADDRESS) == []


@pytest.mark.parametrize("text", ["https:||files.pythonhosted.", "pip --index|url=x", "pypi."])
def test_a_registry_is_seen(text: str) -> None:
    assert ADDRESS.search(text.replace("||", "//").replace("|", "-") + "org")


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert matches(MACHINE_PATH) == []


@pytest.mark.parametrize("parts", ["cd |root|qdsl", "'|home|ada|x.qdm'", "of |work|main"])
def test_a_machine_path_is_seen(parts: str) -> None:
    assert MACHINE_PATH.search(parts.replace("|", "/"))


@pytest.mark.parametrize("text", ["#!/usr/bin/env bash", "https://example.com/home/x", "~/work/x"])
def test_other_paths_pass(text: str) -> None:
    assert not MACHINE_PATH.search(text)


def test_top_level_folders() -> None:
    assert {path.parts[0] for path in files() if len(path.parts) > 1} == FOLDERS


def test_links_lead_to_the_top_level_folders() -> None:
    for name in ("passes", "backends", "grammar"):
        assert (ROOT / "qdsl" / name).resolve() == ROOT / name


def test_files_stay_short() -> None:
    sources = [path for path in files() if path.suffix in {".py", ".lark"}]
    long = {str(p): n for p in sources if (n := len(text_of(p).splitlines())) > MAX_LINES}
    assert long == {}


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """Every absolute module name an import statement may load, members included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def other_passes(source: str, own_name: str) -> list[str]:
    """The imports of a pass that reach another pass, a backend, or use a relative name."""
    own = "|".join((own_name, *LENT.get(own_name, ())))
    reached = re.compile(rf"(qdsl\.)?(passes|backends)(\.(?!({own})\b)|$)|\.")
    return [name for name in imported_modules(ast.parse(source)) if reached.match(name)]


def test_no_pass_imports_another_pass() -> None:
    passes = [p for p in files() if p.parts[0] == "passes" and p.suffix == ".py"]
    assert passes
    reached = {str(p): other_passes(text_of(p), Path(p.parts[1]).stem) for p in passes}
    assert {name: found for name, found in reached.items() if found} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from qdsl.passes.route import Route",
        "from qdsl.passes import route",
        "def f():\n    import qdsl.passes.route.route",
        "from .route import Route",
        "from passes import route",
        "import qdsl.backends.jax.jax",
        "from qdsl.passes.schedule_late.late import g",
        "from qdsl.passes.canonicalize.rows import Draft",
    ],
)
def test_a_pass_that_imports_another_is_seen(source: str) -> None:
    assert other_passes(source, own_name="schedule")


@pytest.mark.parametrize(
    ("source", "own_name"),
    [
        ("from qdsl.ir.stages import Circuit\nimport numpy", "schedule"),
        ("from qdsl.passes.schedule.clock import scheduled", "schedule"),
        ("from qdsl.passes.canonicalize.rows import Draft", "partition"),
    ],
)
def test_a_pass_may_import_its_own_folder_and_what_it_is_lent(source: str, own_name: str) -> None:
    assert not other_passes(source, own_name)


def test_the_formatter_is_overruled_twice_a_file_at_most() -> None:
    skipped = {str(p): text_of(p).count("# fmt" + ": skip") for p in files() if p.suffix == ".py"}
    assert {name: n for name, n in skipped.items() if n > MAX_SKIPS} == {}


def terminal_uses(source: str) -> list[int]:
    """The lines that call `print` or take hold of a standard stream."""
    streams = {"stdout", "stderr", "__stdout__", "__stderr__"}
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "builtins.print"})
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in {f"sys.{s}" for s in streams})
    ]


def test_only_the_command_line_prints() -> None:
    library = [
        path
        for path in files()
        if path.suffix == ".py"
        and path.parts[0] in {"qdsl", "passes", "backends"}
        and path.parts[1] not in {"cli", "cli.py"}
    ]
    assert {str(p): lines for p in library if (lines := terminal_uses(text_of(p)))} == {}
    assert terminal_uses("import sys\nprint(1)\nsys.stdout.write('x')") == [2, 3]


def test_importing_the_command_line_is_cheap() -> None:
    """Every name in `HEAVY` costs more at import than the whole command should."""
    code = "import sys, qdsl, qdsl.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY.intersection(run.stdout.split()) == set()


def test_the_public_names_are_lazy_and_exist() -> None:
    for name in qdsl.__all__:
        assert name in dir(qdsl)
        assert getattr(qdsl, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'typo'"):
        getattr(qdsl, "typo")  # noqa: B009 (a plain access would not type-check)


def test_the_version_stands_in_every_place() -> None:
    assert re.search(rf"^version: {qdsl.__version__}$", text_of(Path("CITATION.cff")), re.MULTILINE)
    assert re.search(rf"^## .*{qdsl.__version__}", text_of(Path("CHANGELOG.md")), re.MULTILINE)


def test_every_dependency_is_pinned_once() -> None:
    project = tomllib.loads(text_of(Path("pyproject.toml")))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = [requirement for group in groups for requirement in group]
    names = [re.split(r"[\[<>=]", requirement)[0] for requirement in wanted]
    lines = [line for line in text_of(Path("constraints.txt")).splitlines() if line[:1] != "#"]
    pins = [line.partition("==")[0] for line in lines]
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", line) for line in lines)
    assert len(set(pins)) == len(pins)
    assert set(names) - {project["name"]} <= set(pins)  # extras that name another extra


def test_no_hint_installs_a_stranger() -> None:
    """The index's `qdsl` is another project: ours is installed by a name of its own."""
    project = tomllib.loads(text_of(Path("pyproject.toml")))["project"]
    assert project["name"] == "qdsl-compiler"
    assert project["scripts"] == {"qdsl": "qdsl.cli:main"}
    texts = [p for p in files() if p.suffix in {".py", ".md", ".toml", ".txt", ".qdm"}]
    hints = [p for p in texts if re.search(r"qdsl\[(train|exact|part|nodes|netq|dev)", text_of(p))]
    assert hints == []
    extras = {
        extra for path in texts for extra in re.findall(r"'qdsl-compiler\[(\w+)\]'", text_of(path))
    }
    assert {"train", "exact", "partition", "nodes"} <= extras <= {*project["optional-dependencies"]}
    assert "--exclude qdsl-compiler " in text_of(Path("Makefile"))


def test_the_readme_gives_the_two_commands() -> None:
    readme = text_of(Path("README.md"))
    assert "make demo" in readme
    assert "make check" in readme
    assert "make check" in text_of(Path(".ci/run"))
