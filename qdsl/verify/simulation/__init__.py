"""Equality by simulation: exact channels, branches, samples and stabilisers."""
