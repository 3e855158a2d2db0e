"""The pass `schedule`, and the clock that it runs."""
