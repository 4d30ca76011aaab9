"""Companions: processes of ours that Envoy asks by gRPC, for what it cannot decide by itself.

Each answers at a Unix socket in the gateway's own folder. The control plane starts those that the plan in force needs.
To add one, write its module and put it into `KINDS` of kinds.py.
"""

from trunkline.gateway.companions.processes import Companions, NoCompanion

__all__ = ["Companions", "NoCompanion"]
