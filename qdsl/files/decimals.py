"""Numbers as files and commands write them. Python reads more: 1_000, and other scripts."""

from __future__ import annotations


def decimal(text: str) -> float:
    """A number in decimal digits, with a sign, point or exponent, and spaces around it. `inf` and
    `nan` are left to the caller, which knows what is missing. `ValueError` of anything else."""
    try:
        if "_" not in text and text.isascii():
            return float(text)
    except ValueError:
        pass
    raise ValueError(f"'{text.strip()[:40]}' is no number")


def whole(text: str) -> int:
    """An integer in decimal digits. `ValueError` of anything else."""
    if "_" in text or not text.isascii():
        raise ValueError(f"'{text.strip()[:40]}' is no integer")
    return int(text)
