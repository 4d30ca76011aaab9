"""Stream processors: keyed state over a partition, exactly once.

`processor` makes one of a function over one key's state, `columnar` of a function over whole batches, `windowed` of an
aggregate over windows of event time, `table_join` and `stream_join` of two topics; a class is a `Processor`. A `Worker`
runs them.
"""

from trunkline.streams.columnar import Batch, columnar
from trunkline.streams.columns import Columns
from trunkline.streams.handlers import Rejection
from trunkline.streams.joins import stream_join, table_join
from trunkline.streams.keyed import processor
from trunkline.streams.out import Out
from trunkline.streams.outputs import Outputs
from trunkline.streams.recorded import Processor
from trunkline.streams.timers import Timer
from trunkline.streams.windowed import windowed
from trunkline.streams.windows import Session, Sliding, Tumbling, Window
from trunkline.streams.worker import Worker

__all__ = [
    "Batch",
    "Columns",
    "Out",
    "Outputs",
    "Processor",
    "Rejection",
    "Session",
    "Sliding",
    "Timer",
    "Tumbling",
    "Window",
    "Worker",
    "columnar",
    "processor",
    "stream_join",
    "table_join",
    "windowed",
]
