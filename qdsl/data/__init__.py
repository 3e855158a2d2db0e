"""Instances of problems, made from a seed: `instances hidden_matching { seed 7, items 20 }`."""
