"""SimulaQron's own processes: two a node, started in the Python that it is installed in."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from types import TracebackType
from typing import Any

from qdsl.files.writing import write_text
from qdsl.records import dataclass
from qdsl.runtime.errors import RuntimeFails, RuntimeMissing, failed

SCRIPT = Path(__file__).with_name("simulaqron_service.py")
LOOPBACK = "127.0.0.1"
GRACE_S = 2.0
_SINGLE = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
_SETTINGS = {
    "max_registers": 1000, "conn_retry_time": 0.05, "conn_max_retries": 2000,
    "recv_retry_time": 0.01, "recv_max_retries": 10, "log_level": 40, "sim_backend": "qutip",
    "noisy_qubits": False, "max_app_waiting_time": -1.0, "t1": 1.0,
}  # fmt: skip


@dataclass(slots=True)
class _ServiceProcess:
    """One process, and what it said."""

    node: str
    process: subprocess.Popen[bytes]
    said: list[dict[str, Any]] = field(default_factory=list)
    _listener: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(json.loads(line))

    def is_up(self) -> bool:
        return any("listening" in d for d in self.said)

    def trouble(self) -> str | None:
        """Why it does not run, if so."""
        code = self.process.poll()
        if code is not None:
            self._listener.join(GRACE_S)
        words = [str(d[k]) for d in self.said for k in ("missing", "failed") if k in d]
        if words:
            return words[0]
        return None if code is None else f"it ended with exit code {code}"


@dataclass(slots=True)
class Services:
    """A network of SimulaQron on this machine's loopback device. Use it as a context: at its end
    nothing of it is left."""

    python: str
    nodes: Sequence[str]
    qubits: int  # of the largest node
    seed: int
    patience_s: float
    ports: list[int] = field(default_factory=list)  # of the controllers, by node
    _folder: str = ""
    _services: list[_ServiceProcess] = field(default_factory=list)

    def __enter__(self) -> Services:
        self._folder = tempfile.mkdtemp(prefix="qdsl-simulaqron-")
        try:
            self._configure()
            for role in ("vnode", "qnodeos"):
                for k in range(len(self.nodes)):
                    self._start(role, k)
            self._wait()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()

    def check(self) -> None:
        """InvalidProgram if one of them has ended."""
        for service in self._services:
            trouble = service.trouble()
            if trouble is not None:
                raise failed(RuntimeFails(service.node, trouble))

    def end(self) -> None:
        """They end with their standard input; what does not is killed."""
        for service in self._services:
            assert service.process.stdin is not None
            service.process.stdin.close()
        deadline = time.monotonic() + GRACE_S
        for service in self._services:
            try:
                service.process.wait(max(deadline - time.monotonic(), 0.01))
            except subprocess.TimeoutExpired:
                service.process.kill()
                service.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    # ---- starting -----------------------------------------------------------------------

    def _configure(self) -> None:
        ports = _free_ports(3 * len(self.nodes))
        kinds = ("app_socket", "qnodeos_socket", "vnode_socket")
        nodes = [
            {name_of(k): {kind: [LOOPBACK, ports[3 * k + j]] for j, kind in enumerate(kinds)}}
            for k in range(len(self.nodes))
        ]
        self.ports = [ports[3 * k + 1] for k in range(len(self.nodes))]
        network = [{"name": "default", "nodes": nodes, "topology": None}]
        tenths = int(10 * self.patience_s)
        settings = _SETTINGS | {"max_qubits": self.qubits + 2, "recv_timeout": tenths}
        folder = Path(self._folder)
        write_text(folder / "simulaqron_network.json", json.dumps(network))
        write_text(folder / "simulaqron_settings.json", json.dumps(settings))

    def _start(self, role: str, node: int) -> None:
        command = [self.python, "-I", str(SCRIPT), role, name_of(node), str(self.seed + node)]
        try:
            process = subprocess.Popen(
                command,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | _SINGLE,
            )
        except OSError as error:
            raise failed(RuntimeMissing(self.python, error.strerror or str(error))) from None
        self._services.append(_ServiceProcess(self.nodes[node], process))

    def _wait(self) -> None:
        """Until all listen: InvalidProgram (QDM859) if one says that it cannot, or not in time,
        which is over before the nodes that wait for this lose their patience."""
        patience_s = self.patience_s / 2
        deadline = time.monotonic() + patience_s
        while not all(s.is_up() for s in self._services):
            for service in self._services:
                trouble = service.trouble()
                if trouble is not None:
                    raise failed(RuntimeMissing(self.python, trouble))
            if time.monotonic() > deadline:
                detail = f"it has not started within {patience_s:g} s, half of --patience"
                raise failed(RuntimeMissing(self.python, detail))
            time.sleep(0.02)


def interpreter(given: str) -> str:
    """The full path of a Python; InvalidProgram (QDM859) where there is none."""
    if not given:
        raise failed(RuntimeMissing("", "no interpreter is given"))
    found = shutil.which(given)
    if found is None:
        raise failed(RuntimeMissing(given, "there is no such program"))
    return os.path.abspath(found)  # links are not followed: an environment's Python is one


def name_of(node: int) -> str:
    """Nodes are numbered by SimulaQron in the order of their names."""
    return f"node{node:05d}"


def _free_ports(n: int) -> list[int]:
    sockets = [socket.socket() for _ in range(n)]
    try:
        for s in sockets:
            s.bind((LOOPBACK, 0))
        return [int(s.getsockname()[1]) for s in sockets]
    finally:
        for s in sockets:
            s.close()
