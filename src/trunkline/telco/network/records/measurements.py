"""A KPI value as TMF628 v5 tells of it: a performanceMeasurement, the last one of each indicator at each object.

The values before it are in the log and in the Network Health API: a table of all would outgrow its use. What TMF628 has
no attribute for, the object above all, is in the `tag`, which is made for that. Measurement jobs are not told of: the
network's managers keep them, and all we hear of them is a name in a file.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec

from trunkline.store.times import read_time
from trunkline.telco.model import Kpi
from trunkline.telco.network.records.indicators import SPECIFICATION, reference
from trunkline.tmf.declaration import Document


def measurement(kpi: Kpi) -> Document:
    """The document of a KPI value; it has no `observedValue` where nothing was asked of the cell."""
    value: Document = {SPECIFICATION: reference(kpi.passport.formula, kpi.name, kpi.passport.version)}
    if kpi.value is not None:
        value["observedValue"] = repr(kpi.value)
    tag: dict[str, Any] = {"dn": kpi.dn, "vendor": kpi.vendor, "technology": kpi.technology, "suspect": kpi.suspect}
    begin = kpi.end_time - timedelta(seconds=kpi.granularity)
    document: Document = msgspec.to_builtins(
        {
            "id": blake2b(f"{kpi.dn}|{kpi.name}".encode(), digest_size=16).hexdigest(),
            "@type": "PerformanceMeasurementAtomic",
            "@baseType": "PerformanceMeasurement",
            "validFor": {"startDateTime": begin, "endDateTime": kpi.end_time},
            "performanceIndicatorValue": [value],
            "tag": {name: said for name, said in tag.items() if said != ""},
        }
    )
    return document


def latest(before: Document, told: Document) -> Document:
    """The measurement of the later period; of one period the one told last, which corrects the other."""
    return told if _end(told) >= _end(before) else before


def _end(measurement: Document) -> datetime:
    end = read_time(measurement["validFor"]["endDateTime"])
    if end is None:
        raise ValueError(f"the measurement {measurement['id']} has no end: {measurement['validFor']}")
    return end
