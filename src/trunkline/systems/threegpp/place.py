"""Where in a measurement file the reader is: what was said above a result (TS 32.435, clause 4.2)."""

from __future__ import annotations

from datetime import datetime

from trunkline.systems.threegpp.values import moment, seconds
from trunkline.systems.xml import DAMAGED, Element, Open

ROOTS = frozenset({"measCollecFile", "measDataFile"})
INFOS = frozenset({"measInfo", "MeasInfo"})
LONGEST_NAME = 1_000  # characters of a managed object's name; TS 32.300 allows 400
LONGEST_LABEL = 200  # characters of a counter's name, a group, a job, a release
MOST_COUNTERS = 20_000  # in one measInfo


class Place:
    """Follows the containers and the elements that stand before the results."""

    def __init__(self) -> None:
        self._file()
        self._data()
        self._info("")

    def _file(self) -> None:
        self.vendor = self.dn_prefix = ""

    def _data(self) -> None:
        self.element: str | None = None
        """`localDn` of the managed element; None where it was not given, or its tag was lost."""
        self.label = self.software = ""

    def _info(self, group: str) -> None:
        self.group, self.job = group, ""
        self.end_time: datetime | None = None
        self.granularity = 0
        self.counters: dict[str, str] = {}
        """Counters by their number `p`."""
        self.listed: list[str] | None = None
        """Counters by position, in the list form."""
        self.results_begun = False
        self.trouble = ""
        """Why the results of this `measInfo` cannot be taken."""

    def enter(self, container: Open) -> None:
        """Begin a container, and forget what was said in the one before."""
        name, attributes = container.name, container.attributes
        if name in INFOS:
            self._info(_label(attributes.get("measInfoId", "")))
        elif name == "measData":
            self._data()
        elif name == "fileHeader":
            self.vendor = _label(attributes.get("vendorName", ""))
            self.dn_prefix = attributes.get("dnPrefix", "")[: LONGEST_NAME + 1]
        elif name in ROOTS:
            self._file()

    def take(self, head: Element) -> None:
        """Take what an element says of all results that follow it."""
        name, attributes = head.name, head.attributes
        if name == "measType":
            p, counter, counters = attributes.get("p", ""), head.text.strip(), self.counters
            self._before_results(name, p not in counters)
            if len(counters) >= MOST_COUNTERS:
                self.trouble = f"there are more than {MOST_COUNTERS} counters"
            elif 0 < len(counter) <= LONGEST_LABEL and DAMAGED not in counter and len(p) <= 20:
                counters[p] = counter
        elif name == "measTypes":
            self._before_results(name, self.listed is None)
            self.listed = head.text.split()
        elif name == "granPeriod":
            self._before_results(name, self.end_time is None)
            try:
                self.end_time = moment(attributes.get("endTime") or attributes.get("endtime", ""))
                self.granularity = seconds(attributes.get("duration", ""))
            except ValueError as error:
                self.trouble = f"granPeriod: {error}"
        elif name == "job":
            self.job = _label(attributes.get("jobId", ""))
        elif name in ("managedElement", "measEntity"):
            self.element = attributes.get("localDn", "")[: LONGEST_NAME + 1]
            self.label = attributes.get("userLabel", "")[: LONGEST_NAME + 1]
            self.software = _label(attributes.get("swVersion", ""))

    def _before_results(self, name: str, first: bool) -> None:
        """Two heads in one `measInfo` are those of two, between which the end of the first was lost."""
        if self.results_begun or not first:
            self.trouble = f"<{name}> stands twice or behind a result: part of the file before it was lost"


def _label(text: str) -> str:
    return text.replace(DAMAGED, "\ufffd")[:LONGEST_LABEL]
