"""What can be wrong with a plug-in."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic


class PluginOfOtherVersion(Diagnostic):
    """A plug-in was written for another version of the contract, or does not say for which.

    The object that an entry point leads to has `api_version`, and the number is the version of
    the contract in docs/guide/plugins.md:

        class DropIdentities:
            api_version: ClassVar[int] = 1
    """

    code = "QDM790"
    title = "plug-in for another version"
    plugin: str
    found: str
    wanted: int
    message = "{plugin} is written for {found} of the contract"
    why = "This qdsl loads plug-ins of version {wanted}."
    help = "install a release of the plug-in for version {wanted}"


class PluginDoesNotLoad(Diagnostic):
    """Importing a plug-in failed.

    The module of its entry point raised an exception, or does not have the object:

        [project.entry-points."qdsl.passes"]
        drop-identities = "my_package:DropIdentitys"      # QDM791: there is no such object
    """

    code = "QDM791"
    title = "plug-in does not load"
    plugin: str
    value: str
    problem: str
    message = "{plugin} cannot be loaded: {problem}"
    why = "Its entry point is '{value}', and importing that failed."
    help = "mend or remove the package; `qdsl doctor` lists all plug-ins"


class PluginNameTaken(Diagnostic):
    """A plug-in has the name of something that comes with qdsl, which is what the name means.

        [project.entry-points."qdsl.backends"]
        qasm3 = "my_package.qasm3"      # QDM792: qdsl has a backend `qasm3`

    `qdsl doctor` reports it; commands that use the name use what comes with qdsl.
    """

    code = "QDM792"
    title = "plug-in has a name that is taken"
    plugin: str
    name: str
    kind: str
    message = "{plugin} can never be used"
    why = "qdsl itself has a {kind} '{name}', which the name always means."
    help = "ask its authors for another name, or remove the package"


class PluginNamedTwice(Diagnostic):
    """Two packages give one name to plug-ins of one kind, so that the name says neither.

    $ qdsl compile model.qdm --emit diary
    error[QDM793]: two packages have a backend 'diary'
    """

    code = "QDM793"
    title = "two plug-ins of one name"
    kind: str
    name: str
    packages: tuple[str, ...]
    message = "several packages have a {kind} '{name}'"
    why = "They are {packages}, and none goes before another."
    help = "remove all of these packages but one"


class PluginDoesNotFit(Diagnostic):
    """A plug-in lacks something that the contract asks of its kind.

    A pass is a data class with `name` and `run(self, ir: STAGE) -> STAGE`, a backend has `TARGET`,
    `emit` and `emit_text`, a preset is a mapping with `kind`, `source`, `date`, and figures in
    `link` or `node`, a partitioner has `homes`, and instances have `circuits`.
    """

    code = "QDM794"
    title = "plug-in does not fit the contract"
    plugin: str
    problem: str
    message = "{plugin} does not fit: {problem}"
    why = "Plug-ins of a kind have the form that docs/guide/plugins.md describes."
    help = "mend or remove the package"


class PluginFailed(Diagnostic):
    """A plug-in raised an exception, or its result breaks a rule.

    What a pass returns is checked as for a pass of qdsl, by the rules of its stage, and the homes
    of a partitioner have to fit the nodes. Nothing is compiled from what does not.
    """

    code = "QDM795"
    title = "plug-in failed"
    plugin: str
    problem: str
    message = "{plugin} failed: {problem}"
    why = "What a plug-in returns is checked before it is used."
    help = "report it to the authors of the plug-in, and compile without it"
