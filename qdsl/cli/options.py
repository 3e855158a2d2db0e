"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from qdsl.cli import completion
from qdsl.cli.grouped_help import OptionOfPass
from qdsl.files.decimals import whole

PATH = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, dir_okay=False)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def model_option(help_text: str) -> Decorator:
    return click.option("--model", help=help_text, shell_complete=completion.declared("models"))


def emit_option(help_text: str) -> Decorator:
    return click.option("--emit", "target", shell_complete=completion.targets, help=help_text)


stop_after_option = click.option(
    "--stop-after",
    metavar="PASS",
    shell_complete=completion.passes,
    help="Stop after this pass and print its result.",
)
dump_after_option = click.option(
    "--dump-after",
    shell_complete=completion.passes,
    multiple=True,
    metavar="PASS",
    help="Print the program after this pass ('all': after every pass).",
)
set_option = click.option(
    "--set",
    "-s",
    "settings",
    multiple=True,
    metavar="NAME=INT",
    shell_complete=completion.settings,
    help="Set an integer parameter of the model.",
)
allow_option = click.option(
    "--allow",
    "folders",
    multiple=True,
    type=PATH,
    help="Folder that the program may read files from, besides its own.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output.")
quiet_option = click.option(
    "--quiet", "-q", is_flag=True, help="Show no progress on standard error."
)
values_option = click.option(
    "--values", type=PATH, metavar="FILE.npz", help="Archive of vectors, by name."
)
seed_option = click.option(
    "--seed",
    type=int,
    help="Seed of the random starts (partition), of the items held out and of the shots [default: "
    "0; for items and shots that of --params, else the experiment's]",
)

monte_carlo_option = click.option(
    "--monte-carlo",
    type=click.IntRange(1, 10_000_000),
    metavar="RUNS",
    help="Also run the schedule so many times with random arrivals of pairs, by --seed.",
)


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that compiles a program."""
    options = (
        click.argument(
            "file",
            type=PATH,
            metavar="FILE.qdm|FILE.qasm",
            shell_complete=completion.files(".qdm", ".qasm", ".stim", ".qpy"),
        ),
        model_option("Model to compile; required if there are several."),
        click.option(
            "--experiment",
            "-e",
            shell_complete=completion.declared("experiments"),
            help="Take the model, sizes and data from this experiment.",
        ),
        click.option(
            "--network",
            "-n",
            metavar="NAME|FILE|EXPRESSION",
            shell_complete=completion.declared("networks"),
            help="Compile for this network: one of the program's, one in a file, or an expression "
            "such as `line(2) { qubits 4 }`.",
        ),
        set_option,
        allow_option,
        json_option,
        click.option("--timing", is_flag=True, help="Show the wall time of every pass."),
        quiet_option,
    )
    return _with(command, *options)


def program_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The source options, and whether the result is verified."""
    verify = click.option(
        "--verify/--no-verify",
        default=None,
        help="Prove the result equal to its source [default: unless the program is very large]",
    )
    return _with(command, source_options, verify)


def form_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The forms of a report besides text and JSON, and the devices in it."""
    page = click.option(
        "--html",
        type=PATH,
        metavar="FILE",
        help="Also write the report as a self-contained HTML page.",
    )
    markdown = click.option("--markdown", is_flag=True, help="Write the report as Markdown tables.")
    latex = click.option("--latex", is_flag=True, help="Write the report as LaTeX tables.")
    hardware = click.option(
        "--hardware/--no-hardware",
        default=None,
        help="Compile the nodes' programs for their devices [default: where a node names one]",
    )
    online = click.option(
        "--online", is_flag=True, help="Allow real devices to be asked for over the internet."
    )
    return _with(command, page, markdown, latex, hardware, online)


def passes_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Other passes than the default ones, such as those of plug-ins."""
    passes = click.option(
        "--passes",
        metavar="NAME,...",
        shell_complete=completion.passes,
        help="Run these passes, in this order; `default` stands for the default passes.",
    )
    options = click.option(
        "--pass-option",
        "given_options",
        multiple=True,
        metavar="NAME=VALUE",
        help="Set an option of a pass that is not run by default.",
    )
    return _with(command, passes, options)


def chosen_passes(given: dict[str, Any]) -> tuple[str, ...]:
    """The passes that are asked for, by default the default ones."""
    from qdsl.driver.pass_manager import DEFAULT_PASSES

    names = [name.strip() for name in (given.get("passes") or "default").split(",")]
    return tuple(p for n in names for p in (DEFAULT_PASSES if n == "default" else (n,)))


def _with(command: Callable[..., Any], *options: Decorator) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


def add_pass_options(command: click.Command) -> None:
    """Every option of every default pass becomes a flag of the command."""
    from qdsl.driver.pass_manager import DEFAULT_PASSES, find_pass

    taken = {p.name for p in command.params}
    for name in DEFAULT_PASSES:
        for option in find_pass(name).options:
            if option.name in taken:
                continue
            taken.add(option.name)
            command.params.append(_pass_flag(name, option))


def _pass_flag(pass_name: str, option: Any) -> click.Option:
    flag = "--" + option.name.replace("_", "-")
    text = f"{option.help} ({pass_name})"
    if option.type is bool:
        return OptionOfPass([f"{flag}/--no-{flag[2:]}", option.name], default=None, help=text)
    kind = click.Choice(option.choices) if option.choices else option.type
    return OptionOfPass(
        [flag, option.name], type=kind, default=None, help=f"{text} [default: {option.default}]"
    )


def pass_options(given: dict[str, Any]) -> dict[str, Any]:
    """The options of passes among those that were given."""
    from qdsl.driver.pass_manager import DEFAULT_PASSES, find_pass

    names = {option.name for name in DEFAULT_PASSES for option in find_pass(name).options}
    names.add("exact_seconds")  # of `partition-exact`
    found = {k: v for k, v in given.items() if k in names and v is not None}
    return found | _named_options(given)


def _named_options(given: dict[str, Any]) -> dict[str, Any]:
    """What `--pass-option` says, each as its pass has it."""
    from qdsl.driver.pass_manager import find_pass

    if not given.get("given_options"):
        return {}
    known = {o.name: o for name in chosen_passes(given) for o in find_pass(name).options}
    found = {}
    for pair in given["given_options"]:
        name, _, text = pair.partition("=")
        name = name.strip().replace("-", "_")
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise click.UsageError(f"no pass that is run has an option '{name}'; there are {there}")
        found[name] = _option_value(known[name], text.strip())
    return found


def _option_value(option: Any, text: str) -> Any:
    """The text as the type of the option; as it is where it is none, which the pass refuses."""
    if option.type is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    if option.type in (int, float):
        try:
            return option.type(text)
        except ValueError:
            return text
    return text


def settings_of(pairs: tuple[str, ...]) -> dict[str, int]:
    settings = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            settings[name.strip()] = whole(value)
        except ValueError:
            raise click.UsageError(f"--set expects NAME=INT, not '{pair}'") from None
    return settings
