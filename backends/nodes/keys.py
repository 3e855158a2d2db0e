"""Keys of processes: ZeroMQ's CURVE, which encrypts and authenticates every connection."""

from __future__ import annotations

from typing import Any

from qdsl.diagnostics.request_error import Refused


def zeromq() -> Any:
    """The library; Refused where it or its encryption is missing."""
    try:
        import zmq
    except ImportError:
        raise Refused(
            "nodes in processes of their own need pyzmq: pip install 'qdsl-compiler[nodes]'"
        ) from None
    if not zmq.has("curve"):
        raise Refused(
            "this libzmq was built without CURVE, by which messages between nodes are encrypted; "
            "the wheels of pyzmq have it: pip install --force-reinstall --only-binary :all: pyzmq"
        )
    return zmq


def public_key(secret: bytes) -> bytes:
    """The public key of 32 secret bytes."""
    zmq = zeromq()
    from zmq.utils import z85

    return bytes(z85.decode(zmq.curve_public(z85.encode(secret))))
