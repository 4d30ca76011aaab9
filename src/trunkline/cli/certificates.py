"""`trunkline certificates`: those of Trunkline's own services, and of the internal authorities; issue and rotate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from trunkline.project import Project

app = typer.Typer(
    help="Certificates of Trunkline's own services, and of the internal authorities; issue and rotate them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_certificates(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """List the authorities that are trusted, the services' certificates, and those that were issued by hand."""
    from cryptography import x509

    from trunkline.runtime.certificates import authorities, folder
    from trunkline.security.certificates.ending import ISSUED
    from trunkline.security.certificates.service import CERTIFICATE

    operator, now = _found(project), datetime.now(UTC)
    table = []
    for each in authorities(operator).all():
        state = "signs" if each.signs_from <= now.timestamp() < each.signs_until else "trusted"
        if each.signs_from > now.timestamp():
            state = f"signs from {datetime.fromtimestamp(each.signs_from, UTC):%Y-%m-%d %H:%M}"
        table.append(_row("authority", each.x509, state))
    files = [(f, "renewed by itself") for f in sorted(folder(operator).glob(f"*/{CERTIFICATE}"))]
    files += [(f, "issued by hand") for f in sorted((folder(operator) / ISSUED).glob("*.pem"))]
    for file, state in files:
        found = x509.load_pem_x509_certificate(file.read_bytes())
        table.append(_row("service", found, "ended" if found.not_valid_after_utc <= now else state))
    columns = ("kind", "id", "serial", "ends", "state")
    rows(table, columns, as_json=json, empty="there are none yet: a section [tls] in trunkline.toml makes some")


@app.command()
@audited("certificate", "certificates issue", id="instance")
def issue(
    role: Annotated[str, typer.Argument(help="What the service does: gateway, say.")],
    instance: Annotated[str, typer.Argument(help="Which one of them: the name of its machine, say.")],
    into: Annotated[Path, typer.Option(help="The folder to put certificate.pem, key.pem and authorities.pem in.")],
    name: Annotated[list[str] | None, typer.Option(help="A host name or address of it; may be repeated.")] = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="How long it holds.")] = 30,
    project: ProjectOption = HERE,
) -> None:
    """Issue a certificate for a service that runs elsewhere. It is not renewed by itself."""
    from trunkline.runtime.certificates import authorities, domain, folder
    from trunkline.security.certificates.ending import ISSUED
    from trunkline.security.certificates.service import CERTIFICATE, KEY
    from trunkline.security.certificates.spiffe import SpiffeId
    from trunkline.security.certificates.whole import write_whole

    operator = _found(project)
    signing = authorities(operator)
    try:
        id = SpiffeId.service(domain(operator), role, instance)
        issued = signing.issue(id, name or [], timedelta(days=days))
    except ValueError as error:
        raise Refused(str(error)) from None
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(into / KEY, issued.key)
    write_whole(into / CERTIFICATE, issued.certificate, mode=0o644)
    write_whole(into / signing.trusted.name, signing.trusted.read_bytes(), mode=0o644)
    copies = folder(operator) / ISSUED
    copies.mkdir(mode=0o700, exist_ok=True)
    write_whole(copies / f"{role}.{instance}.pem", issued.certificate)
    typer.echo(f"issued {id} for {days} days: {into}/{CERTIFICATE}, {KEY} and {signing.trusted.name}")


@app.command()
@audited("certificate", "certificates rotate")
def rotate(
    authority: Annotated[bool, typer.Option("--authority", help="Have a new internal authority.")] = False,
    project: ProjectOption = HERE,
) -> None:
    """Renew the certificates of this machine's services now; running ones take them up. With `--authority`, have a new
    authority: it is trusted from now on, and in a minute it signs, and the services get certificates of it."""
    from trunkline.runtime.certificates import authorities, certificate, folder
    from trunkline.security.certificates.service import CERTIFICATE

    operator = _found(project)
    if authority:
        signing = authorities(operator)
        signing.keep()
        signing.rotate()
        typer.echo("a new authority is trusted, and signs in a minute; those before are trusted until they end")
        return
    roles = sorted(file.parent.name for file in folder(operator).glob(f"*/{CERTIFICATE}"))
    if not roles:
        raise Refused("no service of this machine has a certificate yet: a section [tls] in trunkline.toml makes some")
    for role in roles:
        certificate(operator, role).renew(anyway=True)
    typer.echo(f"renewed: {', '.join(roles)}")


def _found(project: Path) -> Project:
    from trunkline.project import Project

    return Project.find(project)


def _row(kind: str, certificate: Certificate, state: str) -> dict[str, Any]:
    from cryptography import x509

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {
        "kind": kind,
        "id": names.get_values_for_type(x509.UniformResourceIdentifier)[0],
        "serial": f"{certificate.serial_number:x}",
        "ends": certificate.not_valid_after_utc.isoformat(timespec="seconds"),
        "state": state,
    }
