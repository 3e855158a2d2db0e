"""The command line. Only this package prints; heavy libraries are imported inside commands."""

from __future__ import annotations

import sys

import click

from qdsl.cli.commands import cli
from qdsl.cli.interrupt import end_at_once, prompt_stop
from qdsl.cli.output import (
    EXIT_INPUT,
    EXIT_INTERNAL,
    EXIT_USAGE,
    crash_text,
    stop,
)


def main() -> None:
    """Entry point. Exit codes: 0 fine, 1 the input has errors, 2 usage, 70 a fault of qdsl's,
    130 stopped by Ctrl-C."""
    output = sys.stdout
    try:
        with prompt_stop():
            cli.main(prog_name="qdsl", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        end_at_once()
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except SystemExit:
        if sys.stdout is not output:
            sys.exit(0)  # the reader of a pipe has read enough: click says so by a new stream
        raise
    except MemoryError:
        stop("out of memory: the program is too large for this machine", EXIT_INPUT)
    except Exception as error:
        stop(crash_text(error), EXIT_INTERNAL)
