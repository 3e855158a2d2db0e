"""What a gradient's circuits have to tell: outcomes to be joined, and counts of what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qdsl.analysis.gradient_circuits import known_to
from qdsl.analysis.joining import FinalPlaces, joined_word
from qdsl.gradient.states import Setting
from qdsl.ir.batch import BatchJob, CircuitBatch
from qdsl.passes.derive_gradient.sites import parameter_slots
from qdsl.records import dataclass

Followers = Callable[[int], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Telling:
    """Of one setting: `joined` bits of every execution, and `counts` that are told, once for
    everyone who is told."""

    joined: int = 0
    counts: int = 0


NOTHING = Telling()


def followers(batch: CircuitBatch) -> Followers:
    """By column who follows what it is the derivative of from step to step, as in a report: the
    owner and those to whom it is revealed, or everyone where it is public."""
    knowing, parameters = known_to(batch.source), parameter_slots(batch.source.values)
    known: dict[int, tuple[str, ...]] = {}

    def of(column: int) -> tuple[str, ...]:
        if column not in known:
            if batch.by_site:
                slots = [r.slot for r in batch.sites[column].reaches]
            else:
                slots = [parameters[column]]
            known[column] = tuple(dict.fromkeys(n for s in slots for n in knowing(s)))
        return known[column]

    return of


def reader_of(batch: CircuitBatch, job: BatchJob) -> str:
    """The node that a job is meant to be measured at; "": several, or any."""
    network = batch.source.network
    return network.nodes[job.reader].name if network is not None and job.reader >= 0 else ""


def told_at(job: BatchJob, p: int, following: Followers) -> dict[int, tuple[str, ...]]:
    """By output of a job's template who is told what point p shows of it."""
    c = job.contributions
    found: dict[int, tuple[str, ...]] = {}
    for output, column in zip(c.output[c.point == p], c.column[c.point == p], strict=True):
        more = (*found.get(int(output), ()), *following(int(column)))
        found[int(output)] = tuple(dict.fromkeys(more))
    return found


def telling(
    setting: Setting,
    places: FinalPlaces | None,
    to: Mapping[int, Sequence[str]],
    reader: str = "",
) -> Telling:
    """What is told after executions of a setting, `to` whom by output. A word is put together at
    one of those who are told of it, if it measures, else where the circuit is read; a node sends
    a bit an execution for every part of a word, and no more than it measures. None: on one node,
    where nothing is told."""
    if places is None:
        return NOTHING
    parts: dict[tuple[str, str], set[tuple[int, ...]]] = {}
    counts = 0
    for output, word in zip(setting.outputs.tolist(), setting.words, strict=True):
        told = to.get(output, ())
        joining = joined_word(places, word.letters(), (*told, reader))
        if joining is None:
            continue
        for part in joining.sent:
            parts.setdefault((part.by, part.to), set()).add(part.qubits)
        counts += sum(node != joining.at for node in told)
    bits = (min(len(mine), len({q for qs in mine for q in qs})) for mine in parts.values())
    return Telling(sum(bits), counts)
