"""The pass `partition-exact`: an integer program and its solution."""
