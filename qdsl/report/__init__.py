"""The report of a compiled program: its data, its schema, its forms."""
