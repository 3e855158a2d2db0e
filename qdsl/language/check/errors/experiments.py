"""What can be wrong with an experiment."""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from qdsl.diagnostics.source import Span


@dataclass(frozen=True, slots=True)
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

    def message(self) -> str:
        return f"no model is called '{self.name}'"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "not declared"),)

    def why(self) -> str:
        return "An experiment runs a model of the same file."

    def help(self) -> str | None:
        return f"did you mean '{self.meant}'?" if self.meant else None


@dataclass(frozen=True, slots=True)
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

    def message(self) -> str:
        if self.is_repeated:
            return f"'{self.name}' is given twice"
        return f"there is no option '{self.name}' here"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "again" if self.is_repeated else "unknown"),)

    def why(self) -> str:
        return f"Possible here, once each: {', '.join(self.known) or 'nothing'}."

    def help(self) -> str | None:
        return f"did you mean '{self.meant}'?" if self.meant else None


@dataclass(frozen=True, slots=True)
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

    def message(self) -> str:
        return f"'{self.name}' is {self.wanted}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, self.wanted),)

    def why(self) -> str:
        return "An experiment that cannot run is refused before it starts."

    def help(self) -> str | None:
        return self.suggestion


@dataclass(frozen=True, slots=True)
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
    title = "data for nothing"
    span: Span
    name: str
    model: str
    declared: Span
    reason: str
    meant: str | None

    def message(self) -> str:
        return f"'{self.model}' takes no data '{self.name}': {self.reason}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, self.reason), Label(self.declared, "the model"))

    def why(self) -> str:
        return "Files fill the `data` and `param` arrays that the model declares."

    def help(self) -> str | None:
        return f"did you mean '{self.meant}'?" if self.meant else None


@dataclass(frozen=True, slots=True)
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

    def message(self) -> str:
        if self.is_repeated:
            return f"'{self.name}' is set twice"
        return f"'{self.model}' has no integer parameter '{self.name}'"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "unknown"), Label(self.declared, "the model"))

    def why(self) -> str:
        return "`set` gives the sizes that stand in parentheses behind the model's name."

    def help(self) -> str | None:
        return f"did you mean '{self.meant}'?" if self.meant else None


@dataclass(frozen=True, slots=True)
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

    def message(self) -> str:
        return f"the experiment reads no file for '{self.name}'"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, f"no `data {self.name} from ...`"), Label(self.declared, "data"))

    def why(self) -> str:
        return "Values that nobody gives are drawn at random."

    def help(self) -> str | None:
        return f'write `data {self.name} from "file.npz:{self.name}"`'
