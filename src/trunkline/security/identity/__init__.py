"""Who calls: the embedded OpenID provider with its people and clients, and the verifier for whoever serves an API.

Nothing heavy is loaded here; see `opening.py` for how a project gets its provider, `authenticated.py` for how an
application is put behind it.
"""
