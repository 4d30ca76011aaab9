"""Keys of applications: issued, rotated, revoked, and known to Envoy within half a second."""

from trunkline.gateway.credentials.key import Issued, Key
from trunkline.gateway.credentials.register import Register, UnknownKey

__all__ = ["Issued", "Key", "Register", "UnknownKey"]
