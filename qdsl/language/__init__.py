"""The front end: from a source text to a circuit."""
