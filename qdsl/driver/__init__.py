"""What runs the passes and finds the backends."""
