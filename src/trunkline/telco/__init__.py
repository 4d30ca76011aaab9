"""The operator's own work: each folder is a room, and rooms talk only by topics and by `telco.model`."""
