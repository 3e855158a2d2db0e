"""What can be wrong with a text before it is a program."""
