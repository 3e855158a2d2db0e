"""One service of SimulaQron: a script for the interpreter that SimulaQron is installed in.

Not imported by qdsl, and imports nothing of it. SimulaQron would listen on all interfaces, write
its files into the user's home, and say nothing when it is ready; here it listens on the loopback
device, keeps to the folder it is started in, and writes a line of JSON when it listens. It ends
with its standard input, and takes the folder with it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"


def main(role: str, name: str, seed: str) -> None:
    """`role` is "vnode" (the qubits of a node) or "qnodeos" (what takes its NetQASM)."""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")  # SimulaQron replaces `sys.stdout`
    threading.Thread(target=_end_with_parent, args=(Path.cwd(),), daemon=True).start()
    try:
        start: Any = import_module(f"simulaqron.start.start_{role}")
        reactor = import_module("simulaqron.reactor").reactor
        if role == "vnode":
            import_module("simulaqron.virtual_node.qutip_simulator")
        import_module("numpy").random.seed(int(seed) % 2**32)
    except Exception as error:  # whatever its packages raise when they do not fit together
        _say(said, {"missing": f"{type(error).__name__}: {error}"})
        return
    random.seed(int(seed))
    start.SIMULAQRON_LOGS_FOLDER = Path.cwd()
    listen = reactor.listenTCP

    def on_loopback(port: int, factory: Any, *rest: Any, **named: Any) -> Any:
        try:
            found = listen(port, factory, interface=LOOPBACK)
        except Exception as error:
            _say(said, {"failed": str(error)})
            os._exit(1)
        _say(said, {"listening": port})
        return found

    reactor.listenTCP = on_loopback
    network = Path("simulaqron_network.json").resolve()
    if role == "vnode":
        nodes = [
            n for net in json.loads(network.read_text()) for node in net["nodes"] for n in node
        ]
        start.start_vnode(name, network, "default", nodes)
    else:
        start.start_qnodeos(name, network, "default")


def _say(where: Any, document: dict[str, Any]) -> None:
    where.write(json.dumps(document) + "\n")
    where.flush()


def _end_with_parent(folder: Path) -> None:
    sys.stdin.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:4])
