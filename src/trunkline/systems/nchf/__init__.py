"""Charging of the 5G core: requests of Nchf_ConvergedCharging as JSON."""

from trunkline.systems.nchf import usage
from trunkline.systems.system import Format, System

SYSTEM = System(name="nchf", vendor="", formats=(Format("nchf-convergedcharging", usage.matches, usage.read),))
