"""The devices that nodes name: whether there are such ones."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic, Diagnostics
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import first_of, places
from qdsl.language.networks.errors import InvalidProperty
from qdsl.language.networks.network_properties import Figures
from qdsl.language.syntax.spelling import closest
from qdsl.network.devices import fake_devices, is_file_name


class UnknownNodeDevice(Diagnostic):
    """A node whose device is not there.

    ```qdm
    network lan {
      node a { qubits 2, device "fake_torinno" }
      node b { qubits 2 }
      link a -- b { rate 200 Hz }
    }
    ```
    `device` names a fake backend of Qiskit, which needs no account, such as `fake_torino`; a real
    one of an account, such as `ibm_torino`; or a file that ends with `.json` and holds a coupling
    map.
    """

    code = "QDM415"
    title = "no such device"
    span: Span
    name: str
    meant: str | None
    message = "no device is called '{name}'"
    labels = places(span="not known")
    why = "A node's circuit is compiled for gates and couplings, which have to be known."
    help = first_of("did you mean '{meant}'?", 'name a fake backend, such as `"fake_torino"`')


def refuse_device(figures: Figures, span: Span, problems: Diagnostics) -> None:
    """Names that cannot be right; files are read when the program is compiled for them."""
    device = figures.device
    if device is None:
        if figures.comm_at is not None and "device" not in figures.wrong:
            suggestion = 'write `device "fake_torino"`, for example, beside `comm_at`'
            problems.add(InvalidProperty(span, "device", suggestion))
        return
    name = device.value
    if is_file_name(name) or name.startswith("ibm_"):
        return
    known = fake_devices()
    if name in known or (not known and name.startswith("fake_")):
        return
    problems.add(UnknownNodeDevice(device.span, name, closest(name, known)))
