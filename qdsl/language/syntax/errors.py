"""What can be wrong with a file that a program names."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import places


class FileOutsideFolders(Diagnostic):
    """A program names a file outside its own folder.

    ```qdm
    network lab = from "../../etc/passwd"
    ```
    Move the file beside the program, or allow its folder on the command line (`--allow`).
    """

    code = "QDM701"
    title = "file outside the allowed folders"
    span: Span
    name: str
    message = "'{name}' lies outside the folders this program may read"
    labels = places(span="refused")
    why = "A program is data: it reads nothing outside its own folder unless you allow it."
    help = "put the file beside the program, or allow its folder: `--allow DIR`"


class UnreadableFile(Diagnostic):
    """A file that does not exist, is no ordinary file, or may not be read.

    ```qdm
    network lab = from "no_such_file.json"
    ```
    Names are relative to the folder of the program.
    """

    code = "QDM702"
    title = "file cannot be read"
    span: Span
    name: str
    reason: str
    message = "'{name}' cannot be read: {reason}"
    labels = places(span="{reason}")
    why = "Names of files are relative to the folder of the program that names them."
    help = "check the spelling, and the folder that the name is relative to"


class FileTooLarge(Diagnostic):
    """A file beyond the size that is read.

    ```qdm
    network lab = from "huge.json"
    ```
    Networks and graphs may have up to 16 MiB of text, circuits 64 MiB.
    """

    code = "QDM703"
    title = "file too large"
    span: Span
    name: str
    size: int
    limit: int
    message = "'{name}' has {size:,} bytes; {limit:,} are read at most"
    labels = places(span="too large")
    why = "A program never uses more memory or time than its stated limits."
    help = "split it, or leave out what the program does not need"
