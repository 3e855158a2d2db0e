"""The typed tree: what names stand for, what expressions are, and what they come to."""
