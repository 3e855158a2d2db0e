"""The tests; helpers are imported as `tests.build`, `tests.simulate` and so on."""
