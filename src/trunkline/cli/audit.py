"""`trunkline audit`: who did what on whose data, and the proof that nobody has changed what was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli.audited import audited, commanded
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.security.audit import Ledger
    from trunkline.security.audit.ledger import Row
    from trunkline.security.audit.verify import Finding

app = typer.Typer(
    help="Who did what on whose data and why; and the proof that nobody has changed what was recorded.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

KeyOption = Annotated[
    Path | None,
    typer.Option("--key", help="A file with the trail's verifier key, which you have kept; else the one beside it."),
]
LedgerOption = Annotated[
    Path | None, typer.Option("--ledger", help="Read this file, a copy say, instead of the project's ledger.")
]
WitnessOption = Annotated[
    list[Path] | None,
    typer.Option("--checkpoints", help="A folder of checkpoints that were kept elsewhere; may be repeated."),
]


@app.command()
def verify(
    project: ProjectOption = HERE,
    key: KeyOption = None,
    proof: Annotated[Path | None, typer.Option(help="Verify this proof alone; needs --key, and nothing else.")] = None,
    ledger: LedgerOption = None,
    checkpoints: WitnessOption = None,
    json: JsonOption = False,
) -> None:
    """Read the whole trail, hold it against its chain and all checkpoints. Exits with 1 where it was changed."""
    if proof is not None:
        if key is None:
            raise typer.BadParameter("a proof is verified with the key that you have: --key FILE", param_hint="--proof")
        typer.echo(f"proven: {_proven(proof, key)}")
        return
    looked_at, findings = _verified(project, key, ledger, checkpoints or [])
    rows(
        ({"entry": number if number >= 0 else None, "kind": kind, "what": what} for number, kind, what in findings),
        ("entry", "kind", "what"),
        as_json=json,
        empty=f"{looked_at}: nothing was changed, removed, moved or cut off",
    )
    if findings:
        typer.echo(f"{looked_at}: it is NOT what was recorded", err=True)
        raise typer.Exit(1)


@app.command()
def prove(
    id: Annotated[str, typer.Argument(help="The entry's number or id, as `trunkline audit search` gives them.")] = "",
    since: Annotated[int | None, typer.Option("--from", help="Instead: that the trail of so many entries …")] = None,
    until: Annotated[int | None, typer.Option("--to", help="… is the beginning of that of so many.")] = None,
    project: ProjectOption = HERE,
    ledger: LedgerOption = None,
) -> None:
    """Print a proof (RFC 6962) that an entry is in the trail, or that a trail goes on from an older one.

    `trunkline audit verify --proof FILE --key FILE` verifies it anywhere, without the trail.
    """
    from trunkline.security.audit import proof as proofs

    if bool(id) == (since is not None or until is not None):
        raise typer.BadParameter("name an entry, or two checkpoints by --from and --to")
    with _ledger(project, ledger) as found:
        if id:
            proof: proofs.Proof = proofs.prove(found, int(id) if id.isdecimal() else found.number(id))
        elif since is None or until is None:
            raise typer.BadParameter("give both --from and --to: sizes of checkpoints")
        else:
            proof = proofs.prove_consistent(found, since, until)
    typer.echo(proofs.encode(proof).decode())


@app.command("search")
def search_entries(
    who: Annotated[str, typer.Option(help="Who did it: a subject.")] = "",
    whose: Annotated[str, typer.Option(help="Whose data: the id of a customer, account, number or cell.")] = "",
    what: Annotated[str, typer.Option(help="The kind of records: `usage`, `alarm`, …")] = "",
    action: Annotated[str, typer.Option(help="read, create, change, delete, signIn, command or decide.")] = "",
    outcome: Annotated[str, typer.Option(help="done, refused or failed.")] = "",
    since: Annotated[datetime | None, typer.Option(help="From this time on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this time (UTC).")] = None,
    last: Annotated[int, typer.Option("--last", "-n", min=1, max=1_000_000, help="At most so many, the newest.")] = 50,
    project: ProjectOption = HERE,
    ledger: LedgerOption = None,
    json: JsonOption = False,
) -> None:
    """Find entries by who, whose data, what, when and outcome. The search is recorded, too."""
    from trunkline.project import Project
    from trunkline.runtime.audit import pseudonyms_of
    from trunkline.security.audit.search import Search, search

    wanted = Search(who, whose, what, action, outcome, since and _utc(since), until and _utc(until))
    operator = Project.find(project)
    reading = commanded(
        operator, "audit.entry", "audit search", action="read", ids=[whose] if whose else (), personal=True
    )
    with reading, _ledger(project, ledger) as found:
        table = [_row(each) for each in search(found, wanted, pseudonyms_of(operator), last)]
    columns = ("number", "time", "who", "action", "what", "outcome", "rule", "reason", "from")
    rows(table, columns, as_json=json, empty="there are none")


@app.command()
def export(
    to: Annotated[Path, typer.Argument(help="A folder, best on a medium that leaves this machine.")],
    project: ProjectOption = HERE,
    ledger: LedgerOption = None,
) -> None:
    """Give all checkpoints with their leaf hashes, and the verifier keys, to a folder; they tell nothing of anybody."""
    from trunkline.project import Project
    from trunkline.runtime.audit import folder
    from trunkline.security.audit.delivery import publications
    from trunkline.security.audit.keys import PUBLIC
    from trunkline.security.audit.witness import FolderWitness, WitnessError

    witness, count = FolderWitness(to), 0
    with _ledger(project, ledger) as found:
        try:
            for published in publications(found):
                witness.publish(published)
                count += 1
        except WitnessError as error:
            raise Refused(str(error)) from None
    public = folder(Project.find(project)) / PUBLIC
    if ledger is None and public.exists():
        to.mkdir(parents=True, exist_ok=True)
        (to / PUBLIC).write_bytes(public.read_bytes())
    typer.echo(f"{count} checkpoints are in {to}")


@app.command()
@audited("audit.key", "audit rotate")
def rotate(why: Annotated[str, typer.Option(help="Why the key is changed.")], project: ProjectOption = HERE) -> None:
    """Make a new signing key: the next checkpoint is signed by both, and names the new one; those after it by that."""
    from trunkline.project import Project
    from trunkline.runtime.audit import signing_keys

    key = signing_keys(Project.find(project)).rotate()
    typer.echo(f"from the next checkpoint on, this key verifies:\n{key}")


@app.command()
def retain(
    years: Annotated[float, typer.Option(min=0.01, max=100, help="For how long entries are kept.")],
    why: Annotated[str, typer.Option(help="By which rule, say.")] = "",
    project: ProjectOption = HERE,
) -> None:
    """Remove the entries that are older, up to a checkpoint. Their hashes stay, so that `verify` proves the rest whole.

    That they are removed is recorded first. A trail in which something is wrong is left as it is.
    """
    from trunkline.project import Project
    from trunkline.runtime import audit
    from trunkline.security.audit import Ledger, LedgerError
    from trunkline.security.audit.retention import KIND, cut_before

    operator = Project.find(project)
    looked_at, findings = _verified(project, None, None, [])
    if findings:
        raise Refused(
            f"{looked_at}: something is wrong with it, so that nothing is removed; see `trunkline audit verify`"
        )
    try:
        with closing(Ledger(audit.ledger_file(operator))) as ledger:
            cut = cut_before(ledger, datetime.now(UTC) - timedelta(days=365.25 * years))
            if cut is None:
                typer.echo("no checkpoint is that old: there is nothing to remove")
                return
            with commanded(operator, KIND, "audit retain", ids=[cut.id], reason=why, first=True):
                audit.await_entry(operator, ledger, KIND, cut.id)
                count = ledger.remove(cut.size, cut.writers)
    except LedgerError as error:
        raise Refused(str(error)) from None
    typer.echo(f"removed {count} entries; the trail begins with number {cut.size} now")


@contextmanager
def _ledger(project: Path, file: Path | None) -> Iterator[Ledger]:
    """The ledger to read: with what waits in the log where it is the project's."""
    from trunkline.project import Project
    from trunkline.runtime import audit
    from trunkline.security.audit import Ledger, LedgerError

    try:
        if file is None:
            found = Project.find(project)
            audit.catch_up(found)
            file = audit.ledger_file(found)
        with closing(Ledger(file, read_only=True)) as ledger:
            yield ledger
    except LedgerError as error:
        raise Refused(str(error)) from None


def _verified(project: Path, key: Path | None, file: Path | None, kept: list[Path]) -> tuple[str, list[Finding]]:
    """What was looked at, and what is wrong with it."""
    from trunkline.project import Project
    from trunkline.runtime import audit
    from trunkline.security.audit.checkpoint import Refused as Damaged
    from trunkline.security.audit.keys import PUBLIC, read_public
    from trunkline.security.audit.verify import Source, verify
    from trunkline.security.audit.witness import FolderWitness, Witness, WitnessError

    witnesses: list[Witness] = [FolderWitness(folder) for folder in kept]
    with _ledger(project, file) as ledger:
        try:
            if file is None:
                found = Project.find(project)
                witnesses += audit.witnesses(found)
                keys = read_public(key) if key is not None else read_public(audit.folder(found) / PUBLIC)[:1]
            elif key is not None:
                keys = read_public(key)
            else:
                raise typer.BadParameter("a copy is verified with the key that you have: --key FILE")
            sources = [Source(witness.name, list(witness.all())) for witness in witnesses]
        except (WitnessError, Damaged, ValueError) as error:
            raise Refused(str(error)) from None
        report = verify(ledger, keys, sources)
    unsigned, removed = report.entries - report.signed, report.removed
    return "".join(
        (
            f"{report.entries} entries, {report.checkpoints} checkpoints",
            f", the first {removed} entries removed as their time was over" if removed else "",
            f", the last {unsigned} entries not signed yet" if unsigned > 0 else "",
            f", {len(sources)} witnesses" if sources else ", no witness outside (see [audit] in the settings)",
        )
    ), report.findings


def _proven(file: Path, key: Path) -> str:
    """What a proof proves."""
    from trunkline.security.audit import proof as proofs
    from trunkline.security.audit.checkpoint import Refused as NotProven
    from trunkline.security.audit.keys import read_public

    try:
        with file.open("rb") as opened:
            proof = proofs.decode(opened.read(proofs.LARGEST + 1))
        return proofs.check(proof, read_public(key))
    except NotProven as error:
        raise Refused(f"not proven: {error}") from None


def _row(row: Row) -> dict[str, Any]:
    import msgspec

    from trunkline.security.audit.entry import decode

    entry = decode(row.body)
    return {
        "number": row.number,
        "time": f"{entry.time:%Y-%m-%dT%H:%M:%SZ}",
        "who": entry.who.subject,
        "action": entry.action,
        "what": f"{entry.resource.kind} {entry.resource.id}".strip(),
        "outcome": entry.outcome,
        "rule": entry.rule,
        "reason": entry.reason or entry.purpose,
        "from": entry.origin.address,
        "entry": msgspec.to_builtins(entry),
    }


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
