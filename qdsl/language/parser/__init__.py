"""The steps of the parser: characters -> tokens -> layout -> tables -> syntax tree."""
