"""The quick form of `make fuzz`, and what it must see."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from qdsl.diagnostics.request_error import Refused
from qdsl.diagnostics.source import Source
from qdsl.language.parser.parse import parse
from tests.bench.fuzz import running
from tests.bench.fuzz.__main__ import Run, fuzz
from tests.bench.fuzz.grammar import rules, sentence
from tests.bench.fuzz.kinds import Kind, kinds, made
from tests.bench.fuzz.running import Failure, read_range, tried

EACH = 12


@pytest.mark.parametrize("name", [k.name for k in kinds()])
def test_random_input_is_read_or_refused(name: str) -> None:
    seen = read_range(1, range(EACH), name)
    assert seen.failures == []
    assert seen.total() == EACH


def test_the_same_number_is_the_same_input() -> None:
    for number in range(20):
        if made(3, number)[0].name != "ticket":  # keys are drawn anew in every process
            assert made(3, number)[1] == made(3, number)[1]
    assert len({made(3, number)[1] for number in range(40)}) > 35


def test_sentences_are_of_the_grammar() -> None:
    """Whatever the rules give is parsed, but for what the layout step and limits refuse."""
    good = 0
    for seed in range(60):
        words = sentence(random.Random(seed), "start", 8)
        try:
            parse(Source("m.qdm", " ".join(words)))
            good += 1
        except Exception as error:
            assert type(error).__name__ == "InvalidProgram"
    assert good > 30
    assert min(rules().depth.values()) == 1


def kind(read: object) -> Kind:
    return Kind("x", 1, ".x", lambda choose: b"x", read)  # type: ignore[arg-type]


def test_what_is_no_refusal_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(file: Path) -> bool:
        raise KeyError(file.name)

    def silent(file: Path) -> bool:
        raise Refused("")

    def endless(file: Path) -> bool:
        while True:
            time.process_time()

    monkeypatch.setattr(running, "PATIENCE_S", 0.2)
    for read, reason in ((crash, "KeyError"), (silent, "without a word"), (endless, "TooSlow")):
        found = tried(kind(read), 0, b"x", tmp_path)
        assert isinstance(found, Failure) and reason in found.reason


def test_a_process_that_dies_costs_one_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(file: Path) -> bool:
        if file.read_bytes() == b"7":
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    dies = Kind("dies", 1, ".x", lambda choose: b"", read)
    monkeypatch.setattr(running, "made", lambda seed, k, only=None: (dies, b"%d" % k))
    monkeypatch.setattr("tests.bench.fuzz.__main__.warm_up", lambda run: None)
    run = Run(1, 20, tmp_path)
    fuzz(run, 60.0, 1)
    assert (run.seen.total("taken"), run.seen.total("failed")) == (19, 1)
    assert [f.number for f in run.seen.failures] == [7]
    assert (tmp_path / "1-7.x").read_bytes() == b"7"
    again = Run(1, 20, tmp_path)
    again.load()
    assert again.seen.total("failed") == 1
    monkeypatch.setattr("tests.bench.fuzz.__main__.kinds", lambda: (mended(dies),))
    again.read_again()
    assert (again.seen.total("taken"), again.seen.total("failed"), again.mended) == (20, 0, 1)


def mended(other: Kind) -> Kind:
    """The same kind, mended."""
    return replace(other, read=lambda file: True)
