"""Lower bounds on ebits: what no placement, or no other use of a placement, can do without."""
