"""Trust: who calls, what they may, what they did, and the keys."""
