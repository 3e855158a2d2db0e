"""Random input for everything that qdsl reads: it is read or refused, and never anything else."""
