"""Studies made with the Python API as a user would: the paper, benchmarks, Pareto fronts."""
