"""What connects the platform to outside systems: it runs the operator's connections and takes what they bring.

`connection.py` reads the declarations `systems/*.yaml`, `runner.py` runs one reach for each, `intake.py` takes files
and records into the log (files exactly once), and `archive.py` keeps the raw files by content.
"""

from trunkline.connect.archive import Archive
from trunkline.connect.intake import Intake

__all__ = ["Archive", "Intake"]
