"""Exact evolution of small circuits, measurement and feed-forward included."""
