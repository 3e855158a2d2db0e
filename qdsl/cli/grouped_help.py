"""Options of a command in groups, as its help lists them."""

from __future__ import annotations

import click

# the first group that knows an option has it; what none knows stands with the passes, if it is
# theirs, else with the command's own
GROUPS = {
    "Program": ("model", "experiment", "network", "settings", "folders", "values", "against",
                "against_model", "data", "params"),
    "Output": ("as_json", "html", "markdown", "latex", "csv", "plot", "emit", "target", "output",
               "stop_after", "dump_after", "width", "save_params", "timing", "quiet"),
}  # fmt: skip
PASSES = "Passes"


def format_options(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    """In place of `click.Command.format_options`: a section for each group."""
    order = ("Program", "Options", PASSES, "Output")
    groups: dict[str, list[tuple[str, str]]] = {name: [] for name in order}
    for option in command.get_params(ctx):
        record = option.get_help_record(ctx) if isinstance(option, click.Option) else None
        if record is not None:
            groups[_group_of(option)].append(record)
    for name, rows in groups.items():
        if rows:
            with formatter.section(name):
                formatter.write_dl(rows)


def _group_of(option: click.Parameter) -> str:
    if "--help" in option.opts:
        return "Output"
    for name, known in GROUPS.items():
        if option.name in known:
            return name
    return PASSES if isinstance(option, OptionOfPass) else "Options"


class OptionOfPass(click.Option):
    """An option of a pass."""
