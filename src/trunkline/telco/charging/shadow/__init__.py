"""Shadow tariffs: what a draft would cost whom, by the usage that the log has, through charging itself.

Nothing is written. `replay` reads charging's topics and hands each event to two `Side`s, one with today's tariffs and
one with the draft; `comparison` holds what they say of each usage against each other.
"""
