"""The documentation site: `python -m tests.docs.site [FOLDER]` builds it with Sphinx, offline.

Sources are the documents as they are, and pages made from the code: the gallery of all examples,
the command line, the Python interface, the diagnostics.
"""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import click

import qdsl
from qdsl.analysis.cost import Cost
from qdsl.api import Compiled, Program
from qdsl.cli.commands import COMMANDS, cli
from qdsl.diagnostics.explain import all_codes
from qdsl.interchange.building.blocks import CircuitBuilder, ModelBuilder
from qdsl.interchange.building.experiments import ExperimentBuilder
from qdsl.interchange.building.networks import NetworkBuilder
from qdsl.interchange.building.programs import ProgramBuilder
from qdsl.report.design.data import Design
from qdsl.report.design.result import DesignResult
from qdsl.report.text import render_report
from qdsl.run.prediction import Prediction
from qdsl.run.result import RunResult
from tests.docs.gallery import GALLERY, SECTIONS, TITLES, command_of
from tests.sources import EXAMPLES, ROOT

INDEX = Path(__file__).with_name("site_index.md")
FOLDERS = ("docs", "grammar", "examples", "qdsl", "tests")
CALLABLES = (qdsl.load, qdsl.loads, qdsl.build, qdsl.distribute, qdsl.sweep)
BUILDERS = (ProgramBuilder, NetworkBuilder, ModelBuilder, CircuitBuilder, ExperimentBuilder)
CLASSES = (Program, Compiled, Cost, RunResult, Prediction, Design, DesignResult, *BUILDERS)


def build(folder: Path, quick: bool = False) -> int:
    """Make the sources and the site: `folder/html/index.html`. The exit code of Sphinx, which takes
    every warning for an error. `quick`: pictures of three examples only."""
    source, html = folder / "source", folder / "html"
    shutil.rmtree(folder, ignore_errors=True)
    _copy(source)
    write_pages(source, quick)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    return subprocess.run([*command, str(source), str(html)], check=False).returncode


def _copy(source: Path) -> None:
    """The documents, and the files that they show or link to."""
    skipped = shutil.ignore_patterns("__pycache__", "goldens", "*.pyc", "passes", "backends")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=skipped, symlinks=True)
    for path in [*ROOT.glob("*.md"), ROOT / "LICENSE", ROOT / "pyproject.toml", ROOT / "Makefile"]:
        shutil.copy(path, source)
    for name in ("passes", "backends"):
        shutil.copytree(ROOT / name, source / name, ignore=skipped)
    (source / "docs" / "conf.py").rename(source / "conf.py")
    for path in (source / "docs" / "guide").glob("*.md"):  # examples have pages here
        text = path.read_text("utf-8")
        linked = re.sub(r"\]\(\.\./\.\./examples/(\w+)\.qdm\)", r"](../../gallery/\1.md)", text)
        path.write_text(linked, encoding="utf-8")


def write_pages(source: Path, quick: bool = False) -> None:
    """The pages that are made from the code."""
    for folder in ("gallery", "generated", "extra/reports"):
        (source / folder).mkdir(parents=True)
    index = INDEX.read_text() + "".join(_contents())
    (source / "index.md").write_text(index)
    (source / "generated" / "cli.md").write_text(cli_page())
    (source / "generated" / "api.md").write_text(api_page())
    (source / "generated" / "errors.md").write_text(errors_page())
    names = sorted(path.stem for path in EXAMPLES.glob("*.qdm"))
    drawn = [name for name in names if not quick or name in ("ghz", "remote_cnot", "swapping")]
    for name in names:
        page = gallery_page(name, source) if name in drawn else listing(name)
        (source / "gallery" / f"{name}.md").write_text(page)
    with (source / GALLERY.relative_to(ROOT)).open("a", encoding="utf-8") as gallery:
        gallery.write(gallery_contents())


# ---- the index ---------------------------------------------------------------------------


def _contents() -> Iterator[str]:
    """The lists of `docs/README.md` as tables of contents, and the pages that are made here."""
    gallery = "docs/guide/gallery"
    made = {"reference": ["generated/cli", "generated/api", "generated/errors"]}  # fmt: skip
    yield _toctree("Gallery", [gallery])
    for section in (ROOT / "docs" / "README.md").read_text().split("\n## ")[1:]:
        name = section.split("`")[1].strip("/")
        links = re.findall(r"\]\(([^)]+)\.md\)", section)
        pages = [link[3:] if link.startswith("../") else f"docs/{link}" for link in links]
        rest = [page for page in [*pages, *made.get(name, [])] if page != gallery]
        yield _toctree(name.capitalize(), rest)
    papers = sorted(path.stem for path in (ROOT / "docs" / "results").glob("paper-*.md"))
    yield _toctree("The paper, part by part", [f"docs/results/{name}" for name in papers])
    yield _toctree("Project", ["CHANGELOG"])


def _toctree(caption: str, pages: list[str]) -> str:
    listed = "\n".join(pages)
    return f"\n```{{toctree}}\n:caption: {caption}\n:hidden:\n:maxdepth: 1\n\n{listed}\n```\n"


# ---- the gallery -------------------------------------------------------------------------


def comment_of(text: str) -> str:
    """The comment at the head of a program, as one paragraph a blank line."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        lines.append(line[2:].strip())
    return "\n".join(lines)


def listing(name: str) -> str:
    text = (EXAMPLES / f"{name}.qdm").read_text()
    rest = text.split("\n\n", 1)[1]
    return f"# {TITLES[name]}\n\n{comment_of(text)}\n\n```qdm\n{rest}```\n"


def gallery_page(name: str, source: Path) -> str:
    """A program with its picture, its report and its page, compiled here."""
    with chdir(ROOT):  # so that reports name the file as a reader would
        program = qdsl.load(f"examples/{name}.qdm")
        experiment = program.experiments[0] if program.experiments else None
        compiled = program.compile(experiment=experiment)
        report = render_report(compiled.report())
        (source / "gallery" / f"{name}.svg").write_text(compiled.draw("svg"))
        (source / "extra" / "reports" / f"{name}.html").write_text(compiled.html())
    return (
        f"{listing(name)}\n## Distributed\n\n![{TITLES[name]}, distributed]({name}.svg)\n\n"
        f'<a href="../reports/{name}.html">Its page</a> goes through it step by step, with a time '
        "line, a map of the network and the costs of every line.\n\n"
        f"## Report\n\n`{command_of(name)}`\n\n```text\n{report}```\n"
    )


def gallery_contents() -> str:
    """The pages of the programs, below the gallery of the guide."""
    names = (name for section in SECTIONS.values() for name in section)
    listed = "\n".join(f"{TITLES[name]} <../../gallery/{name}>" for name in names)
    return f"\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"


# ---- the reference -----------------------------------------------------------------------


def cli_page() -> str:
    """The help of every command, as the terminal shows it."""
    parent = click.Context(cli, info_name="qdsl")
    parts = ["# The command line\n", f"```text\n{cli.get_help(parent)}\n```\n"]
    for name in COMMANDS:
        command = cli.get_command(parent, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=parent, max_content_width=80)
        parts.append(f"## qdsl {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def api_page() -> str:
    """Public functions and classes with their signatures and docstrings."""
    parts = ["# The Python interface\n\nWhat `import qdsl` gives, and what it returns.\n"]
    parts += [_described("##", f"qdsl.{each.__name__}", each) for each in CALLABLES]
    for cls in CLASSES:
        parts.append(f"## {cls.__name__}\n\n{_doc(cls)}\n")
        for name, member in _members(cls).items():
            getter = getattr(member, "fget", None) or getattr(member, "func", None)
            if inspect.isfunction(member):
                parts.append(_described("###", f"{cls.__name__}.{name}", member))
            elif getter is not None and _doc(getter):
                parts.append(f"### {cls.__name__}.{name}\n\n{_doc(getter)}\n")
    return "\n".join(parts)


def _members(cls: type[Any]) -> dict[str, Any]:
    """Public ones, those of the product's base classes first."""
    own = [base for base in reversed(cls.__mro__) if base.__module__.startswith("qdsl.")]
    every = [item for base in own for item in vars(base).items()]
    return {name: member for name, member in every if not name.startswith("_")}


def _described(level: str, name: str, function: Callable[..., Any]) -> str:
    signature = str(inspect.signature(function)).replace("(self, ", "(").replace("(self)", "()")
    signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", signature)
    short = name.rpartition(".")[2]
    return f"{level} {name}\n\n```python\n{short}{signature}\n```\n\n{_doc(function)}\n"


def _doc(thing: object) -> str:
    return inspect.getdoc(thing) or ""


def errors_page() -> str:
    """What `qdsl explain CODE` says, of all codes."""
    parts = [
        "# Diagnostics\n",
        "Every error and warning has a code; `qdsl explain CODE` shows this.\n",
    ]
    for code, problem in sorted(all_codes().items()):
        text = re.sub(r"^#+ ", "**", inspect.getdoc(problem) or "", flags=re.M)
        parts.append(f"## {code}: {problem.title}\n\n*{problem.severity}*\n\n{text}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site")))
