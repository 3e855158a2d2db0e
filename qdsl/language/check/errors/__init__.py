"""What checking finds."""
