"""Networks under construction: nodes and links."""

from __future__ import annotations

from typing import Any

from qdsl.interchange.building.expressions import BuilderMisuse, checked_name, properties


class BuiltNode:
    """A node, as owner, place or end of a link."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = checked_name(name)


def node_name(node: BuiltNode | str) -> str:
    """The name of a node; of a network by its shape nodes are given by name."""
    if isinstance(node, BuiltNode):
        return node.name
    if not isinstance(node, str):
        raise BuilderMisuse(f"a {type(node).__name__} is no node: give one, or its name")
    return checked_name(node)


class NetworkBuilder:
    """`network name { node ... link ... }`. Properties are those of the language, numbers in its
    base units or text such as "50 us"."""

    def __init__(self, name: str) -> None:
        self.name = checked_name(name)
        self._lines: list[str] = []

    def node(self, name: str, **figures: Any) -> BuiltNode:
        """A node, such as `node("alice", qubits=2, comm=2, gate_time="1 us")`."""
        made = BuiltNode(name)
        self._lines.append(f"  node {name}{properties(figures)}")
        return made

    def link(
        self, left: BuiltNode | str, right: BuiltNode | str, preset: str = "", **figures: Any
    ) -> None:
        """A link, such as `link(alice, bob, fidelity=0.97, rate="200 Hz")`."""
        base = f" = {checked_name(preset)}" if preset else ""
        ends = f"{node_name(left)} -- {node_name(right)}"
        self._lines.append(f"  link {ends}{base}{properties(figures)}")

    def text(self) -> str:
        return "\n".join([f"network {self.name} {{", *self._lines, "}"])
