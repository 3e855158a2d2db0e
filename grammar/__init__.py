"""The language: its grammar, the tables made from it, its reference and its standard library."""
