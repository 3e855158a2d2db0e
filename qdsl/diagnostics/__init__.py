"""Problems as values: where in the source, what, why, and what helps."""
