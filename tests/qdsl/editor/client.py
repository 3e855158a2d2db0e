"""A small client of the Language Server Protocol, over the pipes of a process."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from tests.sources import ROOT

SECONDS = 60.0


class Client:
    """`request` waits for the answer; what the server says by itself is in `told`."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "qdsl", "lsp", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        self.messages: Queue[dict[str, Any]] = Queue()
        self.told: list[dict[str, Any]] = []
        self.count = 0
        self.errors = b""
        threading.Thread(target=self._read, daemon=True).start()
        self._err = threading.Thread(target=self._read_errors, daemon=True)
        self._err.start()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while line := stream.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                line = stream.readline()
            self.messages.put(json.loads(stream.read(length)))

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = self.process.stdin
        assert stream is not None
        stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        stream.flush()

    def notify(self, method: str, params: Any = None) -> None:
        self._send({"method": method, "params": params})

    def request(self, method: str, params: Any = None) -> Any:
        """The result; `LookupError` with the message of an error."""
        self.count += 1
        message: dict[str, Any] = {"id": self.count, "method": method}
        self._send(message if params is None else message | {"params": params})
        while True:
            found = self._next()
            if found.get("id") == self.count and "method" not in found:
                if "error" in found:
                    raise LookupError(found["error"]["message"])
                return found["result"]

    def _next(self) -> dict[str, Any]:
        try:
            found = self.messages.get(timeout=SECONDS)
        except Empty:
            self.process.kill()
            raise TimeoutError(f"no answer: {self.errors.decode()[-2000:]}") from None
        if "method" in found:
            self.told.append(found)
            if "id" in found:
                self._send({"id": found["id"], "result": None})
        return found

    def wait_for(self, method: str, version: int | None = None) -> Any:
        """The parameters of the next such notification, of a version of the text if that is
        given."""
        while True:
            for k, message in enumerate(self.told):
                params = message.get("params") or {}
                if message["method"] == method and version in (None, params.get("version")):
                    del self.told[k]
                    return params
            self._next()

    def start(self, capabilities: dict[str, Any] | None = None) -> Any:
        found = self.request(
            "initialize",
            {"processId": None, "rootUri": None, "capabilities": capabilities or {}},
        )
        self.notify("initialized", {})
        return found

    def open(self, path: Path, text: str, version: int = 1) -> str:
        uri = path.as_uri()
        document = {"uri": uri, "languageId": "qdm", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def change(self, uri: str, version: int, text: str) -> None:
        document = {"uri": uri, "version": version}
        changes = [{"text": text}]
        params = {"textDocument": document, "contentChanges": changes}
        self.notify("textDocument/didChange", params)

    def stop(self) -> int:
        self.request("shutdown")
        self.notify("exit")
        return self.process.wait(timeout=SECONDS)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._err.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with suppress(OSError):
                stream.close()
