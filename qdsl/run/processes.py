"""Several processes that hold one state, by JAX's own runtime for them."""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import ExitStack
from typing import Any, Final

from qdsl.records import dataclass
from qdsl.run.job import CannotRun

PATIENCE_S: Final = 60.0
# set by SLURM and Open MPI, where `jax.distributed` finds everything else by itself
_COUNTS: Final = ("SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE")
_GO: Final = b"go"


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """`count` processes, of which this is number `number`, that meet at `coordinator`, HOST:PORT of
    number 0. Without a coordinator: those that the job manager started, or this one alone."""

    coordinator: str | None = None
    count: int | None = None
    number: int | None = None
    patience_s: float = PATIENCE_S

    @property
    def is_joined(self) -> bool:
        """Has this process joined others?"""
        jax = sys.modules.get("jax")
        return jax is not None and bool(jax.distributed.is_initialized())

    def join(self) -> tuple[int, int]:
        """How many processes there are, and the number of this one. Once in a process, before it
        uses JAX. CannotRun where not all come in time."""
        if self.coordinator is None and not _is_started_by_manager():
            return 1, 0
        if self.coordinator is not None:
            self._meet(*_address(self.coordinator))
        import jax

        settings: Any = jax.config
        settings.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(self.coordinator, self.count, self.number)
        return int(jax.process_count()), int(jax.process_index())

    # JAX ends the process where one is missing, without a word that a user would understand: so
    # that all are there is known before it starts.

    def _meet(self, host: str, port: int) -> None:
        count, number = self.count or 1, self.number or 0
        until = time.monotonic() + self.patience_s
        try:
            if number:
                self._report(host, port, number, until)
            else:
                self._gather(port, count, until)
        except OSError as problem:
            raise CannotRun(f"no meeting at {self.coordinator}: {problem}") from problem

    def _gather(self, port: int, count: int, until: float) -> None:
        """Process 0 waits for all others, and tells them that all are there."""
        with ExitStack() as open_now:
            server = open_now.enter_context(socket.create_server(("", port)))
            there: dict[int, socket.socket] = {}
            while len(there) < count - 1:
                server.settimeout(max(0.01, until - time.monotonic()))
                try:
                    other = open_now.enter_context(server.accept()[0])
                    other.settimeout(max(0.01, until - time.monotonic()))
                    said = other.recv(32).split()
                except TimeoutError:
                    missing = sorted(set(range(1, count)) - set(there))
                    raise CannotRun(
                        f"in {self.patience_s:.3g} s {len(there) + 1} of {count} processes came "
                        f"to {self.coordinator}; missing: {', '.join(map(str, missing))}"
                    ) from None
                if len(said) == 2 and said[0] == b"%d" % count and said[1].isdigit():
                    there[int(said[1])] = other
            for other in there.values():
                other.sendall(_GO)
                other.recv(1)  # it closes first, and the port is free

    def _report(self, host: str, port: int, number: int, until: float) -> None:
        """Another process says its number, and waits until all are there."""
        while time.monotonic() < until:
            try:
                with socket.create_connection((host, port), timeout=1) as server:
                    server.settimeout(max(0.01, until - time.monotonic()))
                    server.sendall(b"%d %d" % (self.count or 1, number))
                    if server.recv(len(_GO)) == _GO:
                        return
            except OSError:  # not there yet, or not yet all
                pass
            time.sleep(0.1)
        raise CannotRun(
            f"process 0 and all others did not meet at {self.coordinator} within "
            f"{self.patience_s:.3g} s"
        )


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 2**16:
        raise CannotRun(f"'{text}' is no address: give HOST:PORT, such as 10.0.0.1:7777")
    return host.strip("[]"), int(port)


def _is_started_by_manager() -> bool:
    return any(os.environ.get(name, "1") not in ("", "1") for name in _COUNTS)
