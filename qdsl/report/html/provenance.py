"""Where the page comes from."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from qdsl.report.data import SCHEMA, Report

LIBRARIES = ("jax", "networkx", "numba", "numpy")


def provenance_facts(report: Report, command: str | None) -> list[tuple[str, str]]:
    """Versions, hashes, settings, seeds and the command. No times, no machine."""
    p = report.provenance
    settings = ", ".join(f"{k} = {v}" for k, v in p.settings) or "none"
    options = ", ".join(f"{k} = {v}" for k, v in p.options) or "the defaults"
    libraries = ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    rows = [("qdsl", f"{p.qdsl}, report schema {SCHEMA}"), ("libraries", libraries),
            ("source", p.source), ("SHA-256 of the source", p.sha256),
            *((f"SHA-256 of {name}", found) for name, found in p.files), ("model", p.model),
            ("network", report.network.name), ("settings", settings), ("pass options", options),
            ("seeds", _seeds(report))]  # fmt: skip
    others = ", ".join(f"{x.kind} {x.name} ({x.package} {x.version})" for x in p.plugins or ())
    rows += [("plug-ins", others)] if others else []
    rows += [("search", "ended early")] if p.is_search_ended else []
    return rows + ([("command", command)] if command else [])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _seeds(report: Report) -> str:
    options = dict(report.provenance.options)
    compiled = f"compilation {options.get('seed', 'the default')}"
    return compiled if report.result is None else f"{compiled}, run {report.result.seed}"
