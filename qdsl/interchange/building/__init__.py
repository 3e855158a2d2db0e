"""Programs built in Python: every call writes a line of QDM, and what is built is its text."""
