"""What can be wrong with the data of a run."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import places


class UnreadableData(Diagnostic):
    """A data file could not be read as numbers.

    Data come from `.npz` or `.npy` files of plain numbers, or from `.csv` files whose first line
    names the columns. Python objects (pickles) are never loaded; an archive that unpacks to more
    than 1 GiB is refused, and so is a `.csv` file of more than 64 MiB.

    ```qdm
    data x from "points.npz:x"          // array x of the archive
    data x from "iris.csv:width,length" // two columns, in this order
    label y from "iris.csv:y"
    ```

    Fix the file or name another array or column.
    """

    code = "QDM760"
    title = "unreadable data"
    span: Span
    path: str
    reason: str
    suggestion: str | None = None
    is_absent: bool = False  # the file has no array or column of that name
    message = "cannot read data from '{path}': {reason}"
    labels = places(span="asked for here")
    why = "data files hold plain numbers: .npz, .npy, or .csv with a line of column names"
    help = "{suggestion}"


class DataDoesNotFit(Diagnostic):
    """The numbers of a file do not have the shape that the model declares, or not its range.

    A data set for `data x: real[16]` has the shape (16,) for one item, or (items, 16) for many;
    labels have one number an item. `bits` are 0 or 1; an amplitude-encoded item is not all zero;
    no number is infinite or NaN.

    ```qdm
    model m(n = 4) on lan { data x: real[2**n] owner alice ... }
    experiment e of m { data x from "points.npz:x" }   // wants (items, 16)
    ```

    Reshape the data, or set the model's integer parameters to fit it (`set n = 3`).
    """

    code = "QDM761"
    title = "data of the wrong shape or range"
    span: Span
    name: str
    found: str
    wanted: str
    message = "'{name}' is {found}, and the model wants {wanted}"
    labels = places(span="from here")
    why = "every item of a data set fills the declared vector exactly"
    help = "set the model's sizes to fit the data, or name other columns or another array"


class FeaturesBeyondAngles(Diagnostic):
    """Features turn a rotation round many times, so that near values give unrelated angles.

    Angles are in radians: 900 and 901 are as far apart as 0 and 1, whatever they measured.

    ```qdm
    experiment e of m { data x from "houses.csv:area,price" standardise }
    ```

    Scale them by `standardise` or `minmax`, or divide them in the model.
    """

    code = "QDM762"
    title = "features far beyond an angle"
    severity = Severity.WARNING
    span: Span
    name: str
    largest: float
    message = "'{name}' gives angles of up to {largest} rad, many full turns"
    labels = places(span="from here")
    why = "angles are in radians: beyond a few turns, near values give unrelated rotations"
    help = "write `standardise` or `minmax` behind the file's name, or divide in the model"


class FlatFeatures(Diagnostic):
    """A column that is scaled has the same value in every item, and becomes 0 in all of them.

    It tells the items of the file not apart, and new ones neither: whatever their value, `predict`
    turns it into 0, too.

    ```qdm
    experiment e of m { data x from "houses.csv:area,price" standardise }
    ```

    Leave the column out, or divide it in the model.
    """

    code = "QDM763"
    title = "a column with one value"
    severity = Severity.WARNING
    span: Span
    name: str
    columns: str
    message = "'{name}' has one value only in {columns}: 0 when scaled, in later data too"
    labels = places(span="from here")
    why = "scaling divides by how much a column varies"
    help = "leave it out, or divide in the model instead"
