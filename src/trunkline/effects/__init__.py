"""Calls to the outside world: processors ask for them in the log, and a ledger sees that each is done once.

A processor sends an `Effect` on `effect.requested` (`request`), in the transaction of its other outputs. The role
`perform` takes it, performs it through an effector (`effects/<name>.yaml` of the project) and says on the compacted
topic `effect.outcome` what became of it.

`effect.py` and `outcome.py` are the records. `ledger.py` is what is known of one partition's effects, without I/O;
`share.py` keeps it in the log; `lane.py` is the way to one effector, with `rate.py` and `breaker.py`; `runner.py` runs
them. `effector.py` is what an effector is, and `http/` is one; `desk.py` is where a person decides on what failed.
"""

from trunkline.effects.effect import Effect, Place, request
from trunkline.effects.outcome import Attempt, Outcome, State
from trunkline.effects.runner import Runner

__all__ = ["Attempt", "Effect", "Outcome", "Place", "Runner", "State", "request"]
