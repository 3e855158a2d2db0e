"""The steps behind `qdsl.parse`: characters -> tokens -> layout -> tables -> syntax tree."""
