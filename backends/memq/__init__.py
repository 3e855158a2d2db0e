"""Remote gates in the form of memQ's compiler."""
