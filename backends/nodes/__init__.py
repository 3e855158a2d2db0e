"""The backend `nodes`: one program for each node, made from one distributed circuit."""
