"""What a model with a known verdict is."""

from __future__ import annotations

from dataclasses import dataclass

LAN = """\
network lan {
  node alice { qubits 12, comm 2 }
  node bob { qubits 12, comm 2 }
  link alice -- bob { fidelity 0.97, rate 200 Hz, latency 50 us }
}
circuit brick(theta: angle[2*n]) on q[n] {
  for i in 0..n { ry(theta[i]) q[i] }
  for i in 0..n-1 step 2 { cz q[i], q[i+1] }
  for i in 1..n-1 step 2 { cz q[i], q[i+1] }
  for i in 0..n { rz(theta[n+i]) q[i] }
}
"""


@dataclass(frozen=True)
class Known:
    """A model's text, its verdict, and the code of the ground that decides."""

    name: str
    text: str
    verdict: str
    rounds: str | None
    code: str
    also: tuple[str, ...] = ()


def known(
    name: str, body: str, verdict: str, rounds: str | None, code: str, also: tuple[str, ...] = ()
) -> Known:
    return Known(name, LAN + body, verdict, rounds, code, also)


NONE = ("none", None)
ONE_WAY = ("exponential", "one way")
TWO_WAY = ("exponential", "two way")
UNKNOWN = ("unknown", None)
