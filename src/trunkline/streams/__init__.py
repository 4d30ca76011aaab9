"""Stream processors: keyed state over a partition, exactly once."""

from trunkline.streams.keyed import processor
from trunkline.streams.out import Out
from trunkline.streams.outputs import Outputs
from trunkline.streams.recorded import Processor
from trunkline.streams.worker import Worker

__all__ = ["Out", "Outputs", "Processor", "Worker", "processor"]
