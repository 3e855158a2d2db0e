"""Is a distributed program equal to its source? Every method that says so."""
