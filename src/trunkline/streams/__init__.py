"""Stream processors: keyed state over a partition, exactly once."""

from trunkline.streams.outputs import Outputs
from trunkline.streams.processor import Processor
from trunkline.streams.worker import Worker

__all__ = ["Outputs", "Processor", "Worker"]
