"""One process that runs the commands and the Python blocks of one page, one after another.

A shell still runs every line, so pipes and redirections mean what they mean to a reader. The
`qdsl` that it finds is a small script: it hands its arguments and its open files to the process
that serves the page, which has everything loaded, and ends with the exit code it gets back.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

SERVER = Path(__file__).with_name("serve.py")
CLIENT = """\
#!{python} -IS
import json, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [json.dumps(sys.argv[1:]).encode()], [0, 1, 2])
    sys.exit(int(server.recv(8) or 70))
"""


@dataclass
class Session:
    """Commands run in `folder`, with the package that is in `tree`."""

    folder: Path
    tree: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def address(self) -> str:
        return str(self.folder / "bin" / "s")

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path, "PYTHONPATH": str(self.tree), "COLUMNS": "80"}

    def run(self, command: str) -> str:
        """Standard output; a command that fails fails the test, unless its errors are shown."""
        if self.process is None:
            self._start()
        ended = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=self.folder,
                               env=self.environment, capture_output=True, text=True)  # fmt: skip
        assert "Traceback" not in ended.stderr, ended.stderr
        assert ended.returncode == 0, f"{command}\n{ended.stderr}"
        return ended.stdout

    def python(self, code: str) -> str:
        """What a block prints, in the namespace of all blocks since the process started."""
        (self.folder / "bin").mkdir(exist_ok=True)
        (self.folder / "bin" / "block.py").write_text(code)
        return self.run("qdsl --python-block bin/block.py")

    def _start(self) -> None:
        (self.folder / "bin").mkdir(exist_ok=True)
        client = self.folder / "bin" / "qdsl"
        client.write_text(CLIENT.format(python=sys.executable, address=self.address))
        client.chmod(0o755)
        self.process = subprocess.Popen(
            [sys.executable, str(SERVER), self.address], cwd=self.folder, env=self.environment
        )
        until = time.monotonic() + 60
        while not Path(self.address).exists():
            assert self.process.poll() is None and time.monotonic() < until, "no server"
            time.sleep(0.01)

    def stop(self) -> None:
        """The next command starts a new process, which reads the package anew."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            Path(self.address).unlink(missing_ok=True)
            self.process = None
