"""Distributed programs that other compilers wrote."""
