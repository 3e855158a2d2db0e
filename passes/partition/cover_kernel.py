"""Minimum vertex covers as in `cover`, for graphs of many lines: compiled, the same covers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry

Column = npt.NDArray[np.int64]
GONE = -2


class Lines(NamedTuple):
    """Left vertex a is joined to the right vertices `near[start[a]:start[a + 1]]`."""

    start: Column
    near: Column


class Matching(NamedTuple):
    """The partners of left and of right vertices, -1: none. Of left vertices the distance from
    those without one (`level`, -1: far, GONE: no use) and the next line to try (`todo`); and room
    for as many left vertices (`queue`) and lines (`path`)."""

    left: Column
    right: Column
    level: Column
    todo: Column
    queue: Column
    path: Column


@compiled
def begin(g: Lines, m: Matching) -> None:
    """A greedy start saves most of the rounds."""
    for a in range(len(m.left)):
        for k in range(g.start[a], g.start[a + 1]):
            if m.right[g.near[k]] < 0:
                m.left[a], m.right[g.near[k]] = g.near[k], a
                break


@compiled
def has_paths(g: Lines, m: Matching) -> bool:
    """Find the levels; False if no augmenting path is left."""
    n, found = 0, False
    for a in range(len(m.left)):
        m.level[a], m.todo[a] = -1, g.start[a]
        if m.left[a] < 0:
            m.level[a], m.queue[n] = 0, a
            n += 1
    at = 0
    while at < n:
        a = m.queue[at]
        at += 1
        for k in range(g.start[a], g.start[a + 1]):
            other = m.right[g.near[k]]
            if other < 0:
                found = True
            elif m.level[other] < 0:
                m.level[other], m.queue[n] = m.level[a] + 1, other
                n += 1
    return found


@compiled
def augment(g: Lines, m: Matching, a: int) -> None:
    """Depth-first search for an augmenting path, with a stack of its own."""
    n = 0
    while True:
        if m.todo[a] == g.start[a + 1]:
            m.level[a] = GONE
            if n == 0:
                return
            n -= 1
            a = m.path[n, 0]
            continue
        b = g.near[m.todo[a]]
        m.todo[a] += 1
        other = m.right[b]
        if other >= 0 and m.level[other] != m.level[a] + 1:
            continue
        m.path[n, 0], m.path[n, 1] = a, b
        n += 1
        if other < 0:
            for k in range(n):
                m.left[m.path[k, 0]], m.right[m.path[k, 1]] = m.path[k, 1], m.path[k, 0]
            return
        a = other


@entry
def cover(
    g: Lines, m: Matching, in_left: npt.NDArray[np.bool_], in_right: npt.NDArray[np.bool_]
) -> None:
    """The least cover: the left vertices that alternating paths from those without a partner do
    not reach, and the right ones that they do."""
    begin(g, m)
    while has_paths(g, m):
        for a in range(len(m.left)):
            if m.left[a] < 0:
                augment(g, m, a)
    for a in range(len(m.left)):
        in_left[a] = m.level[a] < 0
        if m.level[a] >= 0:
            for k in range(g.start[a], g.start[a + 1]):
                in_right[g.near[k]] = True
