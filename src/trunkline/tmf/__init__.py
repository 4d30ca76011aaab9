"""The TM Forum API engine: declarations in, complete open APIs out."""
