"""Records are what the library's data classes are."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar

import pytest

from qdsl.records import dataclass as quick

Kind = Callable[[type[Any]], Any]
OPTIONS = [
    {"frozen": True, "slots": True},
    {"frozen": True},
    {"slots": True},
    {},
    {"frozen": True, "slots": True, "eq": False},
    {"slots": True, "eq": False},
]


def made(by: Any, options: dict[str, bool]) -> Any:
    """A class, and one that inherits from it, with fields of all kinds."""

    class Base:
        """A base."""

        kind: ClassVar[str] = "base"
        first: int
        last: tuple[int, ...] = (1, 2)

    Base = by(**options)(Base)  # type: ignore[misc]

    class Other(Base):
        more: list[int] = field(default_factory=list)
        told: str = field(default="", compare=False, repr=False)
        made: float = field(default=0.5, init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "told", self.told or "nothing")

    return by(**options)(Other)


def seen(kind: Any, *args: Any, **given: Any) -> Any:
    """What can be seen of a record, or the error."""
    try:
        one, same = kind(*args, **given), kind(*args, **given)
    except TypeError as problem:
        return str(problem)
    try:
        number = hash(one) == hash(same)
    except TypeError as problem:
        number = str(problem)  # type: ignore[assignment]
    return repr(one), one == same, one != 3, number, dataclasses.asdict(one), one.told


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(
    "given", [{}, {"first": 1}, {"first": 1, "more": [4]}, {"first": 2, "none": 0}]
)
def test_both_make_the_same(options: dict[str, bool], given: dict[str, Any]) -> None:
    ours, library = made(quick, options), made(dataclasses.dataclass, options)
    assert seen(ours, **given) == seen(library, **given)
    assert seen(ours, 1, (3,), [5], "x") == seen(library, 1, (3,), [5], "x")
    assert ours.__match_args__ == library.__match_args__
    names = [[(f.name, f.type) for f in dataclasses.fields(kind)] for kind in (ours, library)]
    assert names[0] == names[1]
    assert ours.__annotations__ == library.__annotations__
    assert ("__slots__" in ours.__dict__) == ("__slots__" in library.__dict__)
    assert dataclasses.replace(ours(1), first=2).first == 2


@pytest.mark.parametrize("options", OPTIONS)
def test_frozen_records_stay(options: dict[str, bool]) -> None:
    one = made(quick, options)(1)
    if not options.get("frozen"):
        one.first = 2
        assert one.first == 2
        return
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'first'"):
        one.first = 2
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'first'"):
        del one.first


@quick(frozen=True, slots=True)
class KeptRecord:
    one: int
    other: tuple[int, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeptRecord) and self.one == other.one


def test_records_are_copied_and_pickled() -> None:
    given = KeptRecord(1, (2, 3))
    for found in (copy.copy(given), copy.deepcopy(given), pickle.loads(pickle.dumps(given))):
        assert (found.one, found.other) == (1, (2, 3))


def test_own_methods_stay_and_hashes_are_still_made() -> None:
    assert KeptRecord(1, (2,)) == KeptRecord(1, (3,))
    assert hash(KeptRecord(1, (2,))) == hash((1, (2,)))


def test_what_is_seldom_asked_for_is_the_library_s() -> None:
    kind: Any = quick(order=True)(type("Ordered", (), {"__annotations__": {"n": int}}))
    assert kind(1) < kind(2)
