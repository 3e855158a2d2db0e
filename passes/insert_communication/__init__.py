"""The pass `insert-communication`, and the primitives that it inserts."""
