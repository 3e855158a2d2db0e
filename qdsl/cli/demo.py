"""`qdsl demo`: a first program, compiled, proved, run and reported on."""

from __future__ import annotations

from pathlib import Path

import click

from qdsl.cli.options import PATH, quiet_option
from qdsl.cli.output import ProgressLine, echo, reported, save

PROGRAM = """\
// Two laboratories share a circuit: alice has the data, bob has the angles.
network labs {
  node alice { qubits 2, comm 2, gate_fidelity 0.999, gate_time 1 us }
  node bob   { qubits 2, comm 2, gate_fidelity 0.999, gate_time 1 us }
  link alice -- bob { fidelity 0.97, rate 200 Hz, latency 50 us }
}

model first() on labs {
  data x: real[4] owner alice
  param b: angle[2] owner bob
  qubits q[2]

  at alice { amplitude(x) q }
  at bob { ry(b[0]) q[0]; ry(b[1]) q[1]; cz q[0], q[1] }
  at alice { h q[0] }
  return expect(Z q[0])
}
"""


@click.command("demo")
@click.option("--output", "-o", type=PATH, default=Path("qdsl-demo.html"), show_default=True,
              metavar="FILE.html", help="The page that is written.")  # fmt: skip
@click.option("--open", "is_opened", is_flag=True, help="Open the page in the browser.")
@quiet_option
def command(output: Path, is_opened: bool, quiet: bool) -> None:
    """Compile a small model for two devices; needs no files."""
    with reported(False):
        import qdsl
        from qdsl.report.text import render_report

        with ProgressLine(quiet) as progress:
            progress.say("compiling two devices' program")
            compiled = qdsl.loads(PROGRAM, "first.qdm").compile()
            report = compiled.report()
            page = compiled.html()
        echo(PROGRAM)
        echo(compiled.draw())
        echo(render_report(report).partition("\nverified")[0])
        save(page, output)
        echo(f"All of it, to step through: {output}")
        echo("Next: qdsl compile examples/two_party.qdm, or qdsl --help")
    if is_opened:
        click.launch(str(output))
