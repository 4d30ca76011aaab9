"""One file per headline, each with its peer in the same run: `make bench`, or `make bench ONLY=log`."""
