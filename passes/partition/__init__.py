"""The pass `partition`, and the search behind it."""
