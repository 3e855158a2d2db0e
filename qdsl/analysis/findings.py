"""What the analyses find, as plain data: shot budget, baselines, verdict, privacy, scaling.

Totals that may be beyond any size carry their binary logarithm; the whole number is then None.
"""

from __future__ import annotations

from qdsl.records import dataclass

# ---- how often the program is executed ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class TaskCost:
    """One task of the program and its cost in all executions together.

    `name`: "inference" ("outputs" where nothing is owned), "gradient" (of every parameter, once)
    or "training"; `method`: how; `formula`: where the number of executions comes from, in words
    and numbers; `chosen`: the cheapest method of this task in ebits; `joined_bits`: those of
    `classical_bits` that put outcomes of single executions together, where one word is measured at
    several nodes.
    """

    name: str
    method: str
    executions: int
    ebits: int
    classical_bits: int
    formula: str
    chosen: bool = True
    joined_bits: int = 0


@dataclass(frozen=True, slots=True)
class ShotBudget:
    """How often a program is executed for its tasks, each to additive error `epsilon` with
    confidence 1 - `delta`.

    `stated`: the accuracy is the experiment's or the command's, else it is assumed. `steps`:
    training steps, None where nothing is trained. `uncounted`: why the gradient of all outputs, or
    the training, has no task, though something is trained.
    """

    epsilon: float
    delta: float
    stated: bool
    steps: int | None
    tasks: tuple[TaskCost, ...]
    uncounted: str = ""


@dataclass(frozen=True, slots=True)
class MoreRoom:
    """With so many `communication_qubits` at each of these nodes, an execution would need so many
    `ebits`."""

    nodes: tuple[str, ...]
    communication_qubits: int
    ebits: int


# ---- classical baselines -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClassicalProtocol:
    """One classical protocol for the inference task.

    `rounds`: "one way", "two way" or "many"; `bits` and `log2_bits` are None where it does not
    apply, `bits` also beyond 2**1000; `detail`: its formula with the numbers put in, or why it
    does not apply.
    """

    name: str
    rounds: str
    bits: int | None
    log2_bits: float | None
    detail: str
    source: str


@dataclass(frozen=True, slots=True)
class LowerBound:
    """A proven asymptotic bound on every classical protocol. It has no constant to print."""

    statement: str
    source: str


@dataclass(frozen=True, slots=True)
class Baselines:
    """Classical protocols for the same inference to the same accuracy, and what qubits cost.

    `ebits`: of the compiled program, all executions; `best`: name of the cheapest protocol that
    applies, None if there is none; `best_one_way`: likewise among those of one message.
    `outcome_bits`: what is sent beside the ebits and the corrections that belong to them: outcomes
    for `if`, those that are joined or told.
    """

    ebits: int
    protocols: tuple[ClassicalProtocol, ...]
    best: str | None
    best_bits: int | None
    best_one_way: str | None
    best_one_way_bits: int | None
    lower_bounds: tuple[LowerBound, ...]
    outcome_bits: int = 0

    @property
    def sent(self) -> int:
        """Ebits, and bits beside them that carry outcomes."""
        return self.ebits + self.outcome_bits

    @property
    def has_few_outcomes(self) -> bool:
        """Are the bits of outcomes under a tenth of the ebits, and decide nothing?"""
        bits = self.best_bits
        decides = bits is not None and self.ebits < bits <= self.sent
        return 10 * self.outcome_bits < self.ebits and not decides


# ---- the verdict -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason for a verdict: a theorem or a counter-protocol.

    `code` is for machines: "hidden-matching", "few-parameters", "gram", "simhash", ...
    """

    code: str
    says: str
    source: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim about the paper that a model is an instance of, with its theorem or protocol, and
    the part of `qdsl reproduce paper` that runs it."""

    says: str
    theorem: str
    part: str


@dataclass(frozen=True, slots=True)
class Crossover:
    """The least size at which the compiled ebits fall below the best classical protocol.

    `at` None: at no size from `first` to `last`. `stays`: so at every larger size looked at.
    `baseline`: the protocol that is beaten there; `counted`: "compiled" or "formula".
    """

    parameter: str
    first: int
    last: int
    at: int | None
    stays: bool
    baseline: str | None
    counted: str


@dataclass(frozen=True, slots=True)
class SizePoint:
    """One compiled size: ebits of one inference with the `outcome_bits` beside them, and bits of
    the best classical protocol for it."""

    value: int
    ebits: int
    bits: int
    protocol: str
    outcome_bits: int = 0

    @property
    def is_below(self) -> bool:
        """Is less sent than by the classical protocol?"""
        return self.ebits + self.outcome_bits < self.bits


@dataclass(frozen=True, slots=True)
class SizeLaw:
    """How ebits and bits of one inference grow with the first parameter that adds qubits, and
    where they cross.

    `rounds`: the protocols that are compared with, "one way", or "any" number of messages;
    `dimension`: what N is, such as `2^n`; `points`: every size that was compiled, from small to
    large. `ebits_grow`, `bits_grow`: as "1", "log N", "sqrt N", ..., None where no such law fits;
    `by`: what the law of the bits is taken from. `at`: the least size with fewer ebits than bits,
    None where there is none; `is_final`: by both laws, none follows. `until`: the next size with no
    fewer, None where none is known; `is_predicted`: both laws say so, none was compiled.
    `is_lasting`: by both laws there is none, None where they do not say.
    """

    parameter: str
    dimension: str
    rounds: str
    points: tuple[SizePoint, ...]
    ebits_grow: str | None
    bits_grow: str | None
    by: str
    at: int | None
    is_final: bool
    until: int | None = None
    is_predicted: bool = False
    is_lasting: bool | None = None


@dataclass(frozen=True, slots=True)
class Advantage:
    """`verdict`: "exponential", "none" or "unknown"; `rounds`: the protocols it holds against,
    "one way" or "two way", None but for "exponential". `because` decides; `also` are further
    grounds. `here`: quantum and classical numbers at this very size, in words. `claims`: those of
    the paper that the model is an instance of. `sizes`: how both grow, for every kind of protocols
    that was looked at. `way`: "from alice to bob", where one way is that of the theorem."""

    verdict: str
    rounds: str | None
    because: Ground
    also: tuple[Ground, ...]
    here: str
    crossover: Crossover | None = None
    claims: tuple[Claim, ...] = ()
    sizes: tuple[SizeLaw, ...] | None = None
    way: str | None = None


# ---- privacy -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leak:
    """At most so many bits may `party` learn about what `about` owns, in one task of the program.

    `task` as in `TaskCost`, with `copies` executions; `honest_bits`: it follows the program and
    keeps what ends at it (identical copies together); `malicious_bits`: it may send anything and
    keep references; `classical_bits`: disclosed. A bound is vacuous when, with what is disclosed,
    it reaches `secret_bits`. `steps`: those of a training, between which the bounds are shared
    evenly; None for an inference.
    """

    party: str
    about: str
    task: str
    copies: int
    secret_bits: float
    honest_bits: float
    malicious_bits: float
    classical_bits: int
    honest_vacuous: bool
    malicious_vacuous: bool
    steps: int | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing disclosed in classical bits: `bits` in all `times` together. `to` may be
    "everyone". `about`: the owners whose values it depends on."""

    what: str
    by: str
    to: str
    task: str
    times: int
    bits: int
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Privacy:
    """`bits_per_real`, `bits_per_angle`: how the size of a secret is counted. `uniform_bits`:
    correction bits of one execution, which are uniform whatever the secrets are: they disclose
    nothing. `assumed`: how the training is counted, where the experiment asks for another way."""

    bits_per_real: int
    bits_per_angle: int
    leaks: tuple[Leak, ...]
    announcements: tuple[Announcement, ...]
    uniform_bits: int
    assumed: str = ""


# ---- scaling -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SweepAxis:
    """A parameter of the model, and the values that it takes."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One size. `counted`: "compiled", "formula" or "none" (then `note` says why); `ebits` to
    `fidelity` are of one execution, `total_ebits` of all `executions` of the inference;
    `baseline` is the best classical protocol for it. None: not known at this point."""

    settings: tuple[tuple[str, int], ...]
    counted: str
    qubits: int | None = None
    operations: int | None = None
    ebits: int | None = None
    classical_bits: int | None = None
    rounds: int | None = None
    makespan_ns: int | None = None
    fidelity: float | None = None
    executions: int | None = None
    total_ebits: int | None = None
    baseline: str | None = None
    baseline_bits: int | None = None
    verdict: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scaling:
    """A model at many sizes; points in the order of the axes, the last one fastest."""

    axes: tuple[SweepAxis, ...]
    epsilon: float
    delta: float
    points: tuple[SweepPoint, ...]
    crossover: Crossover | None = None
