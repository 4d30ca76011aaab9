"""The role `connect`: reaches the outside systems that the operator declared in `systems/`."""
