"""OpenQASM 3 as circuits: what is known beforehand is computed, the rest becomes operations."""
