"""Frozen circuits and networks, stored results of other compilers, and the distance to optimal."""
