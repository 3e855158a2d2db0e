"""Gradients of a program as circuits: which there are, what each costs, and what they give."""
