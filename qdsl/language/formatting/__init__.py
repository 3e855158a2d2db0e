"""How a program is laid out: one way for every program."""
