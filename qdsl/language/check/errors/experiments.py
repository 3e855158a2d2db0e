"""What can be wrong with an experiment."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import first_of, places, when


class UnknownModel(Diagnostic):
    """An experiment of a model that is not declared.

    ```qdm
    model fit(n = 1) {
      qubits q[n]
      h q
      return sample(q)
    }
    experiment e of fitt { shots 10 }
    ```
    Correct the name; the model stands in the same file.
    """

    code = "QDM501"
    title = "unknown model"
    span: Span
    name: str
    meant: str | None
    message = "no model is called '{name}'"
    labels = places(span="not declared")
    why = "An experiment runs a model of the same file."
    help = "did you mean '{meant}'?"


class UnknownOption(Diagnostic):
    """An option that experiments do not have, or one that is given twice.

    ```qdm
    model m(n = 1) {
      param w: angle[n]
      qubits q[n]
      rx(w[0]) q
      return expect(Z q[0])
    }
    experiment e of m {
      loss value
      train adam(lr = 0.05) { step 200 }
    }
    ```
    Options are `loss`, `gradient { epsilon, delta }`, `shots`, `seed` and
    `train OPTIMISER(...) { steps, batch, seed }`.
    """

    code = "QDM502"
    title = "unknown option"
    span: Span
    name: str
    known: tuple[str, ...]
    meant: str | None
    is_repeated: bool = False
    message = when("is_repeated", "'{name}' is given twice", "there is no option '{name}' here")
    labels = places(span=when("is_repeated", "again", "unknown"))
    why = first_of("Possible here, once each: {known}.", "There are no options here.")
    help = "did you mean '{meant}'?"


class InvalidOption(Diagnostic):
    """An option with a value that it cannot have.

    ```qdm
    model m(n = 1) {
      qubits q[n]
      h q
      return sample(q)
    }
    experiment e of m { shots 0 }
    ```
    `shots`, `steps` and `batch` are whole and positive; `epsilon`, `delta` and `lr` are positive;
    `seed` is whole.
    """

    code = "QDM503"
    title = "impossible option"
    span: Span
    name: str
    wanted: str
    suggestion: str | None = None
    message = "'{name}' is {wanted}"
    labels = places(span="{wanted}")
    why = "An experiment that cannot run is refused before it starts."
    help = "{suggestion}"


class UnknownVector(Diagnostic):
    """A source for something that is no data or parameter of the model.

    ```qdm
    model m(n = 1) {
      data points: real[n]
      qubits q[n]
      rx(points[0]) q
      return sample(q)
    }
    experiment e of m { data point from "points.npz:x" }
    ```
    Name a `data` or `param` of the model. Labels may have any name.
    """

    code = "QDM504"
    title = "unused data"
    span: Span
    name: str
    model: str
    declared: Span
    reason: str
    meant: str | None
    suggestion: str = "leave it out"
    message = "'{model}' takes no data '{name}': {reason}"
    labels = places(span="{reason}", declared="the model")
    why = "Files fill the `data` and `param` arrays that the model declares."
    help = first_of("did you mean '{meant}'?", "{suggestion}")


class UnknownSetting(Diagnostic):
    """A `set` of something that is no integer parameter of the model, or one given twice.

    ```qdm
    model m(n = 1) {
      qubits q[n]
      h q
      return sample(q)
    }
    experiment e of m { set k = 2 }
    ```
    The integer parameters stand in parentheses behind the model's name.
    """

    code = "QDM505"
    title = "unknown integer parameter"
    span: Span
    name: str
    model: str
    declared: Span
    meant: str | None
    is_repeated: bool = False
    message = when(
        "is_repeated", "'{name}' is set twice", "'{model}' has no integer parameter '{name}'"
    )
    labels = places(span="unknown", declared="the model")
    why = "`set` gives the sizes that stand in parentheses behind the model's name."
    help = "did you mean '{meant}'?"


class UnfedData(Diagnostic):
    """Data of the model that the experiment reads from no file, while it reads other data.

    ```qdm
    model m(n = 1) {
      data x: real[n]
      data y: real[n]
      qubits q[n]
      rx(x[0] + y[0]) q
      return sample(q)
    }
    experiment e of m { data x from "points.npz:x" }
    ```
    Name its file too, or hand it in when running; else it is drawn at random.
    """

    code = "QDM506"
    title = "data without a source"
    severity = Severity.WARNING
    span: Span
    name: str
    declared: Span
    message = "the experiment reads no file for '{name}'"
    labels = places(span="no `data {name} from ...`", declared="data")
    why = "Values that neither a file nor `--values` gives are drawn at random."
    help = 'write `data {name} from "file.npz:{name}"`'


class NothingToTrain(Diagnostic):
    """Training without a loss, or a loss of a model whose first output is not a number.

    ```qdm
    model m() {
      param w: angle
      qubits q
      ry(w) q
      return probability(q)
    }
    experiment e of m { loss value, train adam { steps 10 } }
    ```
    A loss is computed from `value`, the first output of the model. Return an expectation first:
    `return expect(Z q), probability(q)`.
    """

    code = "QDM507"
    title = "nothing to train on or to score"
    span: Span
    output: str | None = None
    returned: Span | None = None
    message = when(
        "output", "the first output, {output}, is no number for a loss", "training needs a loss"
    )
    labels = places(span="needs a number", returned="no number")
    why = "A loss, which training lowers, is computed from the model's first output."
    help = first_of(
        "return a number before {output}, such as an `expect(Z q)`",
        "add a loss, for example `loss mse`, or `loss value`",
    )
