"""The communication primitives, written out in local operations, pairs and messages.

Every primitive is made of two steps (`a` is half of a pair): `cx w, a` and the measurement of
`a` make the other half a copy of w; `h w` and the measurement of w end w as a copy. Bits are
used one by one, as conditions of single corrections.
"""

from __future__ import annotations

from itertools import pairwise

from tests.passes.insert_communication.plain.emitter import Emitter


def make_pair(out: Emitter, route: tuple[int, ...]) -> tuple[int, int]:
    """Communication wires at both ends of a route in the state (|00> + |11>)/sqrt 2.

    One ebit a link; inner nodes swap, and then the last node corrects, for all of them: before,
    its half is not yet joined to the first. The rows of a route with inner nodes are a group of
    their own.
    """
    if len(route) == 2:
        return _link_pair(out, *route)
    before = out.enter("swapping", out.new_group())
    pairs = [_link_pair(out, a, b) for a, b in pairwise(route)]
    end = pairs[-1][1]
    outcomes = [_swap(out, left, right) for (_, left), (right, _) in pairwise(pairs)]
    for x_bit, z_bit in outcomes:
        _correct(out, end, x_bit, z_bit)
    out.leave(before)
    return pairs[0][0], end


def _link_pair(out: Emitter, a: int, b: int) -> tuple[int, int]:
    pair = (out.comm_wire(a), out.comm_wire(b))
    out.gate("ebit", *pair)
    return pair


def _swap(out: Emitter, left: int, right: int) -> tuple[int, int]:
    """Bell measurement of two halves at an inner node; the bits for X and Z at the far end."""
    out.gate("cx", left, right)
    x_bit = out.read_out(right)
    out.gate("h", left)
    return x_bit, out.read_out(left)


def _correct(out: Emitter, wire: int, x_bit: int, z_bit: int) -> None:
    node = out.node_of(wire)
    known_x, known_z = out.send(x_bit, node), out.send(z_bit, node)
    out.gate("x", wire, bit=known_x)
    out.gate("z", wire, bit=known_z)


def entangle(out: Emitter, wire: int, route: tuple[int, ...], group: int) -> int:
    """Cat-entangler: a copy of a wire at the end of a route that starts at the wire's node."""
    before = out.enter("cat-entangler", group)
    near, far = make_pair(out, route)
    out.gate("cx", wire, near)
    bit = out.send(out.read_out(near), route[-1])
    out.gate("x", far, bit=bit)
    out.leave(before)
    return far


def disentangle(out: Emitter, copy: int, root: int, group: int) -> None:
    """Cat-disentangler: end a copy; the root corrects its phase."""
    before = out.enter("cat-disentangler", group)
    out.gate("h", copy)
    bit = out.send(out.read_out(copy), out.node_of(root))
    out.gate("z", root, bit=bit)
    out.leave(before)


def teleport(out: Emitter, wire: int, route: tuple[int, ...], is_stored: bool) -> tuple[int, int]:
    """Teledata: the state of a data wire at the end of a route, and the group.

    The state is stored in a fresh data wire, or stays in its communication wire for now.
    """
    group = out.new_group()
    before = out.enter("teledata", group)
    near, far = make_pair(out, route)
    out.gate("cx", wire, near)
    x_bit = out.read_out(near)
    out.gate("h", wire)
    z_bit = out.read_out(wire)
    _correct(out, far, x_bit, z_bit)
    arrived = out.store(far) if is_stored else far
    out.leave(before)
    return arrived, group


def hand_over(out: Emitter, root: int, copy: int, group: int, is_stored: bool) -> int:
    """The root of a cat state ends as a copy does, and the qubit lives on in another copy.

    The state is stored in a fresh data wire, or stays in its communication wire for now.
    """
    before = out.enter("handover", group)
    out.gate("h", root)
    bit = out.send(out.read_out(root), out.node_of(copy))
    out.gate("z", copy, bit=bit)
    arrived = out.store(copy) if is_stored else copy
    out.leave(before)
    return arrived


def store(out: Emitter, wire: int, role: str, group: int) -> int:
    """Store a state that arrived in a communication wire and waited there."""
    before = out.enter(role, group)
    data = out.store(wire)
    out.leave(before)
    return data
