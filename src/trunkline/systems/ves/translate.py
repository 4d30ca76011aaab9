"""VES events as canonical records: a fault is an alarm report, a perf3gpp event is measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from msgspec import UNSET

from trunkline.quarantine import Rejected
from trunkline.systems import x733
from trunkline.systems.system import CanonicalRecord, Origin, System
from trunkline.systems.threegpp.values import Values
from trunkline.systems.ves.events import Event, Fault, Header, MeasDataCollection, MeasInfo, MeasResult
from trunkline.telco.model import AlarmReport, Dn, Measurement, Report, Severity, Value

# NORMAL is the clear.
SEVERITIES = {
    "CRITICAL": Severity.CRITICAL,
    "MAJOR": Severity.MAJOR,
    "MINOR": Severity.MINOR,
    "WARNING": Severity.WARNING,
    "NORMAL": Severity.CLEARED,
}
_values = Values()


class Translator:
    """Translates the events of one connection; names of objects are read as the sender's vendor writes them."""

    def __init__(self, connection: str, system: System | None, systems: Mapping[str, System]) -> None:
        self._connection, self._system = connection, system
        self._vendors = {known.vendor.lower(): known for known in systems.values() if known.vendor}

    def origin(self, client: str, event_id: str = "") -> Origin:
        """Where a request of `client`, or one event of it, comes from."""
        return Origin(self._connection, f"ves://{client}/{quote(event_id, safe=':')}".rstrip("/"))

    def records(self, event: Event, raw: bytes, client: str) -> list[CanonicalRecord | Rejected]:
        """What one event says. An event of a domain that is not taken is kept in the quarantine as it came."""
        header = event.common_event_header
        origin = self.origin(client, header.event_id)
        vendor = self._vendor(header.nf_vendor_name)
        if event.fault_fields is not UNSET and header.domain == "fault":
            return [_alarm(header, event.fault_fields, vendor, origin)]
        if event.perf3gpp_fields is not UNSET and header.domain == "perf3gpp":
            return list(_measurements(header, event.perf3gpp_fields.meas_data_collection, vendor, origin))
        if header.domain == "heartbeat":
            return []
        message = f"events of the domain {header.domain} are taken from the sender, but nothing reads them"
        return [origin.rejected("ves.domain", message, length=len(raw), part=raw)]

    def _vendor(self, name: str) -> System:
        """The system of nfVendorName, `Nokia` or `Nokia Networks`; its first word is the vendor."""
        word = name.lower().split()[:1]
        return self._system or self._vendors.get(word[0] if word else "") or System(name="", vendor=name)


def _alarm(header: Header, fault: Fault, vendor: System, origin: Origin) -> AlarmReport:
    more = fault.alarm_additional_information
    severity = SEVERITIES[fault.event_severity]
    native = more.get("objectInstance") or _native(header.source_name, fault.alarm_interface_a)
    return AlarmReport(
        kind=Report.CLEAR if severity is Severity.CLEARED else Report.RAISE,
        vendor=vendor.vendor,
        system=origin.system,
        dn=vendor.canonical(native),
        native_dn=native,
        problem=fault.alarm_condition.strip(),
        severity=severity,
        event_type=x733.event_type(more.get("eventType") or fault.event_category),
        probable_cause=x733.probable_cause(more.get("probableCause", "")),
        specific_problem=fault.specific_problem,
        text=more.get("additionalText", ""),
        time=header.time,
        native_id=header.event_id,
        agent=header.reporting_entity_name,
        source=origin.source(),
    )


def _native(source: str, interface: str) -> str:
    """The object's DN where the event does not give one: the node, and its interface below it."""
    if interface.startswith("ManagedElement="):
        return interface
    node = f"ManagedElement={_escaped(source)}"
    if not interface:
        return node
    return f"{node},{interface}" if "=" in interface else f"{node},Interface={_escaped(interface)}"


def _escaped(name: str) -> str:
    return name.strip().replace(",", "\\,")


def _measurements(
    header: Header, data: MeasDataCollection, vendor: System, origin: Origin
) -> Iterator[Measurement | Rejected]:
    for info in data.meas_info_list:
        names = info.meas_types.s_meas_types_list or tuple(map(str, info.meas_types.i_meas_types_list or ()))
        for values in info.meas_values_list:
            native = Dn.join(data.measured_entity_dn, values.meas_obj_inst_id)
            counters: dict[str, Value] = {}
            for result in values.meas_results:
                try:
                    if not 1 <= result.p <= len(names):
                        raise ValueError(f"there is no counter at position {result.p}; there are {len(names)}")
                    counters[names[result.p - 1]] = _value(result)
                except ValueError as fault:
                    yield origin.rejected("counter.unreadable", f"{native}: {fault}", target=Measurement.topic)
            yield Measurement(
                vendor=vendor.vendor,
                system=origin.system,
                dn=vendor.canonical(native),
                native_dn=native,
                group=_group(info),
                end_time=header.time,
                granularity=int(data.granularity_period) or 1,
                counters=counters,
                suspect=values.suspect_flag == "true",
                job=info.job_id,
                software=data.measured_entity_software_version,
                source=origin.source(),
            )


def _group(info: MeasInfo) -> str:
    if info.meas_info_id is UNSET:
        return ""
    name, number = info.meas_info_id.s_meas_info_id, info.meas_info_id.i_meas_info_id
    return str(number) if name is UNSET else name


def _value(result: MeasResult) -> Value:
    if result.s_value is not UNSET:
        return _values[result.s_value]
    return next((value for value in (result.i_value, result.r_value) if value is not UNSET), None)
