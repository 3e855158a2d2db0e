"""Distributed runs: every node a process of its own, or a host of SimulaQron."""
