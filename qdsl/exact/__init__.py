"""The fewest ebits that any placement of a small circuit needs, by integer programming."""
