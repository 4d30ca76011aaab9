"""`trunkline health|alarms|explain`: the network, from the log itself, whether the platform is up or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.project import Project
    from trunkline.telco.network.view.network import NetworkView


def register(app: typer.Typer) -> None:
    for command in (health, alarms, explain):
        app.command()(command)


def health(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """Show the network as a table: vendor by region, worst sites and why."""
    from trunkline.project import Project
    from trunkline.telco.model import Health
    from trunkline.telco.network.view.overview import overview, why

    with _view(Project.find(project), Health.topic) as view:
        found = overview(view.sites())
        whole = view.network()
    rows(
        (
            {
                "vendor": row.vendor or "-",
                "region": row.region,
                "sites": row.sites,
                "score": row.score,
                **{status: row.cells.get(status, 0) for status in ("healthy", "degraded", "critical", "unknown")},
                "worst_sites": [{"site": site.id, "score": site.score, "why": why(site)} for site in row.worst]
                if json
                else "; ".join(f"{site.id} ({why(site)})" for site in row.worst),
            }
            for row in found
        ),
        ("vendor", "region", "sites", "score", "healthy", "degraded", "critical", "unknown", "worst_sites"),
        as_json=json,
        empty="nothing is known of the network yet: `trunkline up` or `trunkline ingest FILE` bring it in",
    )
    if whole is not None and not json:
        counts = ", ".join(f"{count} {severity}" for severity, count in whole.alarms.items()) or "none"
        typer.echo(f"\nnetwork: {whole.status}, score {whole.score:.1f}; active alarms: {counts}")


def alarms(
    project: ProjectOption = HERE,
    severity: Annotated[list[str] | None, typer.Option(help="Only these severities (repeat it for several).")] = None,
    vendor: Annotated[list[str] | None, typer.Option(help="Only these vendors.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Only these regions.")] = None,
    site: Annotated[list[str] | None, typer.Option(help="Only these sites.")] = None,
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="At most this many, the gravest first.")] = 50,
    json: JsonOption = False,
) -> None:
    """List the active alarms, whoever made the equipment."""
    import msgspec

    from trunkline.project import Project
    from trunkline.telco.model import Alarm, NetworkResource, Severity
    from trunkline.telco.network.view.alarmlist import AlarmFilter, AlarmSort

    wanted = AlarmFilter(
        severities=tuple(Severity(name) for name in severity or ()),
        vendors=tuple(vendor or ()),
        regions=tuple(region or ()),
        sites=tuple(site or ()),
    )
    with _view(Project.find(project), NetworkResource.topic, Alarm.topic) as view:
        page = view.alarms(wanted, AlarmSort.SEVERITY, descending=False, limit=last)
    found: Iterator[dict[str, Any]] = (
        {
            **(msgspec.to_builtins(alarm) if json else {}),
            "severity": alarm.perceived_severity.value,
            "raised": f"{alarm.raised_time:%Y-%m-%d %H:%M:%S}Z",
            "vendor": alarm.vendor,
            "region": alarm.region,
            "site": alarm.site,
            "problem": alarm.specific_problem or alarm.problem,
            "object": alarm.dn,
            "acknowledged": alarm.ack_user or ("yes" if alarm.ack_state == "acknowledged" else "no"),
            "id": alarm.id,
        }
        for alarm in page.alarms
    )
    columns = ("severity", "raised", "vendor", "region", "site", "problem", "object", "acknowledged", "id")
    rows(found, columns, as_json=json, empty="no active alarms")
    if page.total > len(page.alarms) and not json:
        typer.echo(f"… and {page.total - len(page.alarms)} more (--last {page.total} shows all)")


def explain(
    place: Annotated[str, typer.Argument(help="A cell's DN, or a site's name.")],
    kpi: Annotated[str, typer.Argument(help="The KPI, `Accessibility`; without it, all that are known.")] = "",
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Walk from a KPI's last value to the raw lines of the file that it came from."""
    import sys

    import msgspec

    from trunkline.project import Project
    from trunkline.telco.model import Health, Kpi
    from trunkline.telco.network.view.explain import as_text
    from trunkline.telco.network.view.explain import explain as walk

    operator = Project.find(project)
    with _view(operator, Health.topic, Kpi.topic) as view:
        cells = view.measured_at(place) or [place]
        found = [
            (series.points[-1].id, view.kpi(series.points[-1].id))
            for dn in cells
            for series in view.kpis(dn, [kpi] if kpi else ())
            if series.points
        ]
    archive = operator.open_archive()
    explanations = [walk(id, value, archive) for id, value in found if value is not None]
    if not explanations:
        raise Refused(f"no value of {kpi or 'any KPI'} is known for {place!r}: `trunkline health` names sites")
    for explanation in explanations:
        if json:
            sys.stdout.buffer.write(msgspec.json.encode(explanation) + b"\n")
        else:
            for line in as_text(explanation):
                typer.echo(line)
            typer.echo()


@contextmanager
def _view(operator: Project, *topics: str) -> Iterator[NetworkView]:
    """The network as the log has it now, as far as `topics` say."""
    from trunkline.telco.network.view.network import NetworkView

    with closing(operator.open_log()) as log:
        view = NetworkView(log)
        view.catch_up(topics)
        yield view
