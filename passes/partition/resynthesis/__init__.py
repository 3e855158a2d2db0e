"""Other circuits for the same program, tried because they may need fewer ebits."""
