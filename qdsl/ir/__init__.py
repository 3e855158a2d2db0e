"""The intermediate representation: operations, the operation table, values, stages, rules."""
