"""`trunkline gateway`: the gateway as a process, its plan, its state, its keys; and `trunkline why`."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli import quotas
from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.gateway.credentials import Issued
    from trunkline.gateway.places import Places
    from trunkline.gateway.plan import Rule
    from trunkline.gateway.revisions import Written

app = typer.Typer(
    help="The gateway that every call passes: run it, see its plan and its state.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
keys = typer.Typer(help="The keys of applications.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(keys, name="keys")
app.add_typer(quotas.app, name="quota")


def register(app: typer.Typer) -> None:
    app.command()(why)


@app.callback()
def gateway(context: typer.Context, project: ProjectOption = HERE) -> None:
    """Run the role that every call passes: Envoy, kept by the files in `apis/`."""
    if context.invoked_subcommand:
        return
    from trunkline.project import Project
    from trunkline.runtime import gateway as role
    from trunkline.runtime.signals import stop_event

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    role.run(Project.find(project), stop_event())


@app.command()
def status(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """Say which plan is in force, what is wrong with a newer one, and what Envoy itself has taken and refused."""
    import msgspec

    from trunkline.gateway.envoy.admin import Admin
    from trunkline.gateway.status import in_force, taken

    places = _places(project)
    said = in_force(places)
    if said is None:
        raise Refused("no gateway has run here yet: `trunkline gateway` runs it")
    counted = [msgspec.to_builtins(one) for one in taken(Admin(places.admin))]
    if json:
        rows([msgspec.to_builtins(said) | {"files": counted}], (), as_json=True, empty="")
    else:
        typer.echo(f"revision {said.revision}, in force since {said.since:%Y-%m-%d %H:%M:%S} UTC")
        for problem in said.problems:
            typer.echo(problem, err=True)
        rows(counted, ("file", "taken", "rejected", "failed"), as_json=False, empty="")
    wrong = said.problems or any(one["rejected"] or one["failed"] for one in counted)
    raise typer.Exit(1 if wrong else 0)


@app.command("plan")
def show_plan(
    api: Annotated[str, typer.Argument(help="Only this API; all, if not given.")] = "",
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """List each operation with the policies that hold for it, in their order; a shadow is in brackets."""
    from trunkline.gateway.control import planned

    table: list[dict[str, Any]] = [
        {
            "operation": route.name,
            "method": route.operation.method,
            "path": route.operation.path,
            "policies": [_json(rule) for rule in route.rules] if json else ", ".join(map(_short, route.rules)),
        }
        for route in planned(_places(project)).routes
        if api in ("", route.api.name)
    ]
    rows(table, ("operation", "method", "path", "policies"), as_json=json, empty="there is no such API")


@app.command("publish")
@audited("api", "gateway publish")
def publish_api(
    api: Annotated[
        str, typer.Argument(help="What to publish, or to bring up to date; without it, what there is.")
    ] = "",
    read: Annotated[list[str] | None, typer.Option(help="A scope by which to read. Can be repeated.")] = None,
    write: Annotated[
        list[str] | None, typer.Option(help="One by which to change; without any, only reading is published.")
    ] = None,
    group: Annotated[str, typer.Option(help="A group of apis/gateway.yaml, whose policies it takes.")] = "",
    upstream: Annotated[str, typer.Option(help="What of apis/gateway.yaml answers.")] = "platform",
    everything: Annotated[
        bool, typer.Option("--all", help="With the operations that its file does not have yet.")
    ] = False,
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Put an API that the platform serves behind the gateway, or bring its OpenAPI file up to date."""
    from trunkline.gateway import published
    from trunkline.gateway.folder import FOLDER
    from trunkline.project import Project
    from trunkline.runtime.served import served

    folder = _places(project).project / FOLDER
    found = {one.name: one for one in served(Project.find(project)).values()}
    at = {name: published.where(folder, one) for name, one in found.items()}
    if not api:
        table = [
            {"api": name, "path": one.base, "folder": place.name if (place := at[name]) else None,
             "state": published.state(place, one)}
            for name, one in found.items()
        ]  # fmt: skip
        rows(table, ("api", "path", "folder", "state"), as_json=json, empty="the platform serves nothing")
        return
    if api not in found:
        raise Refused(f"the platform serves no {api}: it serves {', '.join(found)}")
    if place := at[api]:
        left = published.refresh(place, found[api], everything)
        typer.echo(f"{place / 'openapi.yaml'} is up to date")
        if left:
            typer.echo(f"without {', '.join(left)}: --all takes them in")
        return
    if not read and not write:
        raise Refused(f"{api} is not published yet: say by which scopes one reads and changes (--read, --write)")
    first = published.First(upstream, group, tuple(read or ()), tuple(write or ()))
    try:
        place = published.publish(folder, found[api], first)
    except FileExistsError as error:
        raise Refused(
            f"{error.filename} is there, and not written from what the platform serves: take it away"
        ) from None
    typer.echo(f"{place} is made: look at its policies.yaml; `trunkline check` says what is wrong")


@app.command("purge")
@audited("api", "gateway purge", id="api")
def purge_cache(
    api: Annotated[str, typer.Argument(help="The API's name: its folder's in apis/.")], project: ProjectOption = HERE
) -> None:
    """Forget what the cache keeps of an API."""
    from trunkline.gateway.folder import FOLDER, load
    from trunkline.gateway.purges import purge

    places = _places(project)
    known = [one.name for one in load(places.project / FOLDER).apis]
    if api not in known:
        raise Refused(f"there is no API {api}: there are {', '.join(known) or 'none'}")
    purge(places, api)
    typer.echo(f"what was kept of {api} is forgotten")


@app.command()
def manifests(
    out: Annotated[Path, typer.Option(help="The folder to write them to.")],
    namespace: Annotated[str, typer.Option(help="The namespace in the cluster.")] = "trunkline",
    without: Annotated[
        list[str] | None,
        typer.Option(help="A kind of policy to leave out, or `shadow` for rules that only report. Can be repeated."),
    ] = None,
    crds: Annotated[
        Path | None, typer.Option(help="A folder with the cluster's CRDs, to hold the manifests against those, too.")
    ] = None,
    project: ProjectOption = HERE,
) -> None:
    """Write the plan as Kubernetes manifests (Gateway API, Envoy Gateway), held against the kinds' schemas."""
    from trunkline.gateway.control import planned
    from trunkline.gateway.kubernetes.crds import Crds, NoCrds
    from trunkline.gateway.kubernetes.folder import write
    from trunkline.gateway.kubernetes.manifests import render

    try:
        from trunkline.gateway.kubernetes.validation import problems
    except ModuleNotFoundError as error:
        raise Refused(f"{error.name} is missing: `pip install 'trunkline[gateway]'`") from None
    rendered = render(planned(_places(project)), namespace, frozenset(without or ()))
    try:
        held = [Crds.load(), *([Crds.load(crds)] if crds else [])]
    except NoCrds as error:
        raise Refused(str(error)) from None
    everything = [manifest for found in rendered.files.values() for manifest in found]
    if wrong := [text for each in held for manifest in everything for text in problems(manifest, each)]:
        raise Refused("the cluster would not take this:\n" + "\n".join(dict.fromkeys(wrong)))
    try:
        write(out, rendered.files)
    except OSError as error:
        raise Refused(str(error)) from None
    typer.echo(f"{len(everything)} manifests in {len(rendered.files)} files are in {out}")
    for need in rendered.needs:
        typer.echo(f"needs    {need}")
    for text in rendered.differs:
        typer.echo(f"differs  {text}")


@keys.command("list")
def list_keys(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """List the keys that were issued. What a key is worth is shown only when it is issued."""
    from trunkline.gateway.credentials import Register

    now = datetime.now(UTC)
    table = [
        {
            "id": key.id,
            "application": key.application,
            "tier": key.tier,
            "state": "revoked" if key.revoked else "in use" if key.is_live(now) else "expired",
            "issued": _time(key.issued),
            "expires": _time(key.expires),
        }
        for key in Register(_places(project)).known()
    ]
    columns = ("id", "application", "tier", "state", "issued", "expires")
    rows(table, columns, as_json=json, empty="no key was issued yet")


@keys.command("issue")
@audited("gatewayKey", "gateway keys issue", id="application")
def issue_key(
    application: Annotated[str, typer.Argument(help="The application: small letters, digits and hyphens.")],
    tier: Annotated[str, typer.Option(help="Its service level, of `tiers` in apis/gateway.yaml.")],
    days: Annotated[int, typer.Option(min=1, max=3_650, help="For how long it is valid.")] = 365,
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Issue a key to an application. It is shown this once."""
    import re

    from trunkline.gateway.credentials import Register
    from trunkline.gateway.declaration import NAME
    from trunkline.gateway.folder import FOLDER, load

    places = _places(project)
    tiers = load(places.project / FOLDER).gateway.tiers
    if tier not in tiers:
        raise Refused(f"there is no tier {tier}: there are {', '.join(tiers) or 'none'}")
    if not re.fullmatch(NAME, application):
        raise Refused(f"{application!r} is no name of an application: small letters, digits and hyphens")
    _show(Register(places).issue(application, tier, datetime.now(UTC) + timedelta(days=days)), json)


@keys.command("rotate")
@audited("gatewayKey", "gateway keys rotate")
def rotate_key(
    id: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")],
    hours: Annotated[float, typer.Option(min=0, max=8_760, help="How long the old one is valid beside it.")] = 24,
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Issue a new key in the place of one that expires soon. It is shown this once."""
    from trunkline.gateway.credentials import Register, UnknownKey

    try:
        _show(Register(_places(project)).rotate(id, timedelta(hours=hours)), json)
    except UnknownKey as error:
        raise Refused(str(error)) from None


@keys.command("revoke")
@audited("gatewayKey", "gateway keys revoke")
def revoke_key(
    id: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")], project: ProjectOption = HERE
) -> None:
    """Take a key out of use at once."""
    from trunkline.gateway.credentials import Register, UnknownKey

    try:
        key = Register(_places(project)).revoke(id)
    except UnknownKey as error:
        raise Refused(str(error)) from None
    typer.echo(f"{key.id} of {key.client} is revoked")


@audited("decision", "why", reads=True)
def why(
    id: Annotated[str, typer.Argument(help="A request's id: the header x-request-id, also in a refusal's body.")],
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Show the gateway's decision on a request again, with the rule that decided, its file and its line."""
    import msgspec

    from trunkline.gateway import decisions

    try:
        decision = decisions.why(_places(project), id)
    except decisions.Unknown as error:
        raise Refused(str(error)) from None
    if json:
        rows([msgspec.to_builtins(decision)], (), as_json=True, empty="")
        return
    typer.echo(f"{decision.time}  {decision.request}  {decision.status}  {decision.route or 'no operation'}")
    typer.echo(f"caller   {decision.caller}")
    if decision.refused:
        typer.echo(f"refused  {decision.because} ({decision.details})")
    else:
        typer.echo(f"let through  ({decision.details})")
    if decision.rule:
        typer.echo(f"rule     {_place(decision.rule)}")
    for rule in decision.shadows:
        found = f" ({decision.found[rule.kind]})" if rule.kind in decision.found else ""
        typer.echo(f"shadow   would refuse it: {_place(rule)}{found}")


def _places(project: Path) -> Places:
    from trunkline.gateway.folder import FOLDER, is_declared
    from trunkline.gateway.places import Places
    from trunkline.project import Project

    operator = Project.find(project)
    if not is_declared(operator.folder / FOLDER):
        raise Refused(f"there is no gateway in this project: {operator.folder / FOLDER}/gateway.yaml declares it")
    return Places(operator.folder, operator.data)


def _short(rule: Rule) -> str:
    kind = rule.policy.kind()
    return f"[{kind}]" if rule.policy.shadow else kind


def _json(rule: Rule) -> dict[str, Any]:
    return {"kind": rule.policy.kind(), "level": rule.level, "file": rule.document.path, "line": rule.line,
            "shadow": rule.policy.shadow}  # fmt: skip


def _place(rule: Written) -> str:
    says = ", ".join(f"{name}: {value}" for name, value in rule.says.items())
    return f"{rule.kind} ({says or 'as it is'}), for {rule.level}, {rule.file}:{rule.line}"


def _show(issued: Issued, as_json: bool) -> None:
    key = issued.key
    said = {"id": key.id, "application": key.application, "tier": key.tier, "expires": _time(key.expires)}
    rows([said | {"key": issued.text}], ("id", "application", "tier", "expires", "key"), as_json=as_json, empty="")


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
