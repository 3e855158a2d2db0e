"""Values known at compile time: numbers, sizes, angles, graphs."""
