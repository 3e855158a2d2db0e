"""The command line. Only this package prints; heavy libraries are imported inside commands."""

from __future__ import annotations

import gc
import os
import sys
from io import StringIO

import click

from qdsl.cli.commands import cli
from qdsl.cli.interrupt import end_at_once, prompt_stop
from qdsl.cli.output import (
    EXIT_INPUT,
    EXIT_INTERNAL,
    EXIT_USAGE,
    crash_text,
    echo,
    stop,
)
from qdsl.cli.streams import end_unwritten, fill_closed_streams

# Options of other tools -> their equivalents in an experiment.
_IN_EXPERIMENT = {
    **dict.fromkeys(("--epochs", "--steps", "--iterations"), "train adam { steps 120 }"),
    **dict.fromkeys(("--batch", "--batch-size"), "train adam { steps 120, batch 32 }"),
    **dict.fromkeys(("--lr", "--learning-rate", "--optimizer"), "train adam(lr = 0.05) { ... }"),
    "--loss": "loss mse",
    "--data": 'data x from "points.csv:a,b"',
    "--labels": 'label y from "points.csv:y"',
}


def told_in_experiment(error: click.NoSuchOption) -> click.UsageError:
    """The same error, with what to write in the program instead, if that is known."""
    form = _IN_EXPERIMENT.get(error.option_name)
    if form is None:
        return error
    said = f"No such option '{error.option_name}': set it in the experiment, as in `{form}`."
    return click.UsageError(said, error.ctx)


def show_usage(error: click.ClickException) -> None:
    """What was wrong with the arguments, which are quoted in it: nothing steers a terminal."""
    said = StringIO()
    error.show(said)
    echo(said.getvalue(), err=True, nl=False)


def main() -> None:
    """Entry point. Exit codes: 0 success, 1 errors in the input, 2 usage, 70 a bug in qdsl,
    130 stopped by Ctrl-C."""
    fill_closed_streams()
    output = sys.stdout
    gc.set_threshold(50_000, 20, 20)  # else a command looks for garbage while modules are loaded
    for library in ("OPENBLAS", "MKL"):  # read as NumPy is imported; its matrices are small here,
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")  # and threads wait for each other
    try:
        with prompt_stop():
            cli.main(prog_name="qdsl", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        end_at_once()
    except click.NoSuchOption as error:
        show_usage(told_in_experiment(error))
        sys.exit(EXIT_USAGE)
    except click.ClickException as error:
        show_usage(error)
        sys.exit(EXIT_USAGE)
    except SystemExit:
        if sys.stdout is not output:
            sys.exit(0)  # the reader of a pipe has read enough: click says so by a new stream
        raise
    except MemoryError:
        stop("out of memory: the program is too large for this machine", EXIT_INPUT)
    except OSError as error:
        end_unwritten(error)
    except Exception as error:
        stop(crash_text(error), EXIT_INTERNAL)
