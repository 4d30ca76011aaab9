"""What is known of the network now, in memory, from the log; the API and the command ask it."""
