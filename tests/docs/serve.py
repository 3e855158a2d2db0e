"""Runs `qdsl` commands for the `qdsl` script of a page (see `session.py`), all in one process."""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
from contextlib import suppress
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path
from typing import Any


def serve(address: str) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address + ".new")
        server.listen()
        os.rename(address + ".new", address)  # it exists only when it answers
        while True:
            client, _ = server.accept()
            with client:
                text, files, _, _ = socket.recv_fds(client, 1 << 20, 3)
                client.send(str(answer(json.loads(text), files, names)).encode())


def answer(arguments: list[str], files: list[int], names: dict[str, Any]) -> int:
    """The exit code of one command that reads and writes `files`."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (open for the whole command)
    sys.stdout, sys.stderr = (open(k, "w", closefd=False) for k in (1, 2))  # noqa: SIM115
    code = exit_code(arguments, names)
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):
            stream.flush()
    void = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(void, number)  # so that who reads the output sees its end
    os.close(void)
    return code


def exit_code(arguments: list[str], names: dict[str, Any]) -> int:
    try:
        run(arguments, names)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def run(arguments: list[str], names: dict[str, Any]) -> None:
    if arguments[:1] == ["--python-block"]:
        exec(compile(Path(arguments[1]).read_text(), arguments[1], "exec"), names)
        return
    from qdsl.cli import main

    sys.argv = ["qdsl", *arguments]
    main()


if __name__ == "__main__":
    ensure_running()  # before a command lends its output, which this would keep open
    sys.path[0] = os.getcwd()  # what a page writes can be imported, as by `python block.py`
    serve(sys.argv[1])
