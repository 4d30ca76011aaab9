"""What connects the platform to outside systems: it runs the operator's connections, in and out.

`connection.py` reads the declarations `systems/*.yaml`, and `runner.py` runs each. In: `intake.py` takes what a reach
brings into the log (files and what has a position exactly once), `archive.py` keeps the raw files by content. Out:
`sink.py` hands over what topics hold.
"""

from trunkline.connect.archive import Archive
from trunkline.connect.intake import Intake

__all__ = ["Archive", "Intake"]
