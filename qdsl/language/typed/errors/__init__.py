"""What lowering refuses."""
