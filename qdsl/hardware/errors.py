"""What can be wrong when the programs of the nodes are compiled for their devices."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.request_error import Refused
from qdsl.diagnostics.template import first_of


class DeviceUnavailable(Refused):
    """A real device, whose calibration is not to be fetched or cannot be."""


class NoDeviceOfNode(Diagnostic):
    """The device of a node is not there, or does not describe one.

    `device` names a fake backend of Qiskit, such as `fake_torino`, a real one of an account, such
    as `ibm_torino`, or a file with a coupling map:

        node alice { qubits 2, comm 1, device "fake_torinno" }     // is it 'fake_torino'?
    """

    code = "QDM611"
    title = "no such device"
    node: str
    device: str
    reason: str
    meant: str | None = None
    message = "the device '{device}' of node '{node}' cannot be used: {reason}"
    why = "A program is compiled for a device only if its gates and couplings are known."
    help = first_of(
        "did you mean '{meant}'?",
        "correct it, or name another device, such as the fake backend `fake_torino`",
    )


class DeviceTooSmall(Diagnostic):
    """A device has fewer qubits than its node, or no such places for its communication qubits.

        node alice { qubits 6, comm 2, device "fake_manila" }     // 5 qubits

    Data and communication qubits of a node are qubits of its device.
    """

    code = "QDM612"
    title = "the device is too small"
    node: str
    device: str
    problem: str
    suggestion: str
    message = "node '{node}' does not fit on '{device}': {problem}"
    why = "Every data and communication qubit of a node is a qubit of its device."
    help = "{suggestion}"
