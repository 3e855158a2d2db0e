"""Noise, gate by gate: a compiled program as steps, and engines that simulate them."""
