"""The pass `derive-gradient`, and the circuits that each method writes."""
