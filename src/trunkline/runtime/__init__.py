"""What runs: the roles `api`, `worker` and `connect`, and the supervisor that keeps them running on one machine."""
