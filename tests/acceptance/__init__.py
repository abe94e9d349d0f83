"""Real calls in a real Asterisk, real audio."""
