"""A conformance kit: holds any TM Forum server against the standard's rules, over HTTP alone."""

from trunkline.tmf.conformance.check import Outcome, Result
from trunkline.tmf.conformance.client import Client, Unreachable
from trunkline.tmf.conformance.listener import Listener
from trunkline.tmf.conformance.profile import profiles
from trunkline.tmf.conformance.report import report
from trunkline.tmf.conformance.running import Run

__all__ = ["Client", "Listener", "Outcome", "Result", "Run", "Unreachable", "profiles", "report"]
