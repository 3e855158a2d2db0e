"""Programs in which pairs of some links are prepared apart, at random: circuit cutting."""
