"""A compiled program on the devices of its nodes; nothing is imported for it before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from qdsl.hardware.program import HardwareProgram


class DeviceProgram:
    """A compiled program whose nodes may name devices."""

    __slots__ = ()

    def hardware(
        self,
        devices: Mapping[str, Any] | None = None,
        values: Mapping[str, Any] | None = None,
        *,
        online: bool = False,
    ) -> HardwareProgram:
        """Every node's program on its device: see `qdsl.hardware.program.HardwareProgram`.

        `devices`: by node, in place of what the network says: a name, a Qiskit `Target` or backend,
        a pytket backend or architecture. `values`: of all vectors; without them random ones, with a
        fixed seed, stand for them. `online`: real devices may be asked for over the internet.
        Refused where no node has a device, InvalidProgram where one is unknown or too small.
        """
        from qdsl.hardware.program import hardware_program

        return hardware_program(cast(Any, self), devices, values, online)

    def emit_routed(
        self,
        values: Mapping[str, Any] | None = None,
        *,
        devices: Mapping[str, Any] | None = None,
        online: bool = False,
    ) -> dict[str, str]:
        """The nodes' programs on their devices as OpenQASM 3 by file name, as `qdsl compile --emit
        nodes --routed` writes them. Arguments and errors as those of `hardware`; InvalidProgram
        (QDM756) without the values of all vectors."""
        from qdsl.backends._angles import bind

        known = cast(Any, self).scheduled.distributed.values
        bind(known, values if values is not None or not known.vectors else {})
        return self.hardware(devices, values, online=online).texts()

    @property
    def has_devices(self) -> bool:
        """Whether the network names a device for any node."""
        nodes = cast(Any, self).scheduled.network.nodes
        return any(node.physics.device is not None for node in nodes)
