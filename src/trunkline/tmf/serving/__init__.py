"""The HTTP engine: declarations in, ASGI applications out, one for each version of each API.

TMF630's rules are here, each in the file of its name; what is done to documents is in the unit of work of the request.
"""

from trunkline.tmf.serving.serve import serve

__all__ = ["serve"]
