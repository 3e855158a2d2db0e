"""Which plug-ins had a part in a compilation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from qdsl.driver.pass_manager import DEFAULT_PASSES, PassRecord, pass_names
from qdsl.network.network import Network
from qdsl.plugins.registry import PluginFacts, used


def plugins_of(
    passes: Iterable[PassRecord], options: Mapping[str, Any], network: Network
) -> tuple[PluginFacts, ...] | None:
    """Passes, partitioner and presets that are plug-ins; None if none is."""
    return used(_named(passes, options, network)) or None


def _named(
    passes: Iterable[PassRecord], options: Mapping[str, Any], network: Network
) -> Iterator[tuple[str, str]]:
    for p in passes:
        if p.name not in DEFAULT_PASSES and p.name not in pass_names():
            yield "pass", p.name
    if options.get("partitioner", "none") != "none":
        yield "partitioner", str(options["partitioner"])
    presets = [node.physics.hardware for node in network.nodes]
    named = dict.fromkeys(n for n in (*presets, *(x.preset for x in network.links)) if n)
    if named:
        from qdsl.language.networks.presets import presets as known

        yield from (("preset", name) for name in named if name not in known())
