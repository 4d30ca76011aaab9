"""`trunkline access`: whether the rules are as the operator means them, who can see a field, and why one could not."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.project import Project
    from trunkline.security.access.decisions import Decisions
    from trunkline.security.access.kinds import Kinds
    from trunkline.security.audit.entry import Entry

app = typer.Typer(
    help="Who may do what with which data: test the rules, ask them, see why something was refused.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("test")
def run_cases(
    project: ProjectOption = HERE,
    only: Annotated[str, typer.Option(help="Those alone whose name has this text.")] = "",
    json: JsonOption = False,
) -> None:
    """Hold the rules against the cases in access/cases.yaml. Exits with 1 where one comes out otherwise."""
    from trunkline.project import Project
    from trunkline.security.access.cases import Cases

    found = Project.find(project)
    outcomes = [each for each in Cases.load(found.folder, *_opened(found)).run() if only in each.case.name]
    rows(
        (
            {
                "case": each.case.name,
                "role": each.case.role,
                "purpose": each.case.purpose,
                "asks": f"{each.case.action} {each.case.kind}{f' at {each.case.at}' if each.case.at else ''}",
                "answer": "allowed" if each.case.allowed else "refused",
                "rule": " ".join(each.rules),
                "wrong": "; ".join(each.wrong),
            }
            for each in outcomes
        ),
        ("case", "role", "purpose", "asks", "answer", "rule", "wrong"),
        as_json=json,
        empty="there are no such cases: access/cases.yaml says who may do what",
    )
    wrong = sum(bool(each.wrong) for each in outcomes)
    typer.echo(f"{len(outcomes)} cases, {wrong} of them otherwise than meant", err=True)
    if wrong:
        raise typer.Exit(1)


@app.command()
def who(
    field: Annotated[str, typer.Argument(help="KIND.ATTRIBUTE: `customerBill.amountDue`, `charging.balance.spent`.")],
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Say who can see a field: every role and purpose, in whole or by its ends, and the rule that says so."""
    from trunkline.project import Project
    from trunkline.security.access.sight import UnknownField, field_of, who_sees

    decisions, kinds = _opened(Project.find(project))
    try:
        kind, path = field_of(field, kinds)
    except UnknownField as error:
        raise Refused(str(error)) from None
    classification, _, _ = kind.find(path, None)
    typer.echo(f"{field} is {classification}", err=True)
    rows(
        (each._asdict() | {"rules": " ".join(each.rules)} for each in who_sees(kind, path, decisions)),
        ("role", "purpose", "sees", "rules"),
        as_json=json,
        empty="nobody can see it",
    )


@app.command()
def explain(
    id: Annotated[str, typer.Argument(help="The refusal's id, as the answer's header X-Decision has it.")],
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Show a refusal again: who asked what and why, and the rule that decided. The look is recorded, too."""
    import msgspec

    from trunkline.cli.audited import commanded
    from trunkline.project import Project
    from trunkline.security.access.explain import Unknown, deciding

    operator = Project.find(project)
    decisions, _ = _opened(operator)
    with commanded(operator, "audit.entry", "access explain", action="read", ids=[id]):
        try:
            entry = _refusal(operator, id)
        except Unknown as error:
            raise Refused(str(error)) from None
    rules = list(deciding(entry, decisions.rules))
    if json:
        told = {"entry": msgspec.to_builtins(entry), "rules": [rule._asdict() for rule in rules]}
        rows([told], (), as_json=True, empty="")
        return
    who = " ".join(filter(None, (entry.who.subject, entry.who.client and f"by {entry.who.client}")))
    typer.echo(f"{entry.time:%Y-%m-%d %H:%M:%SZ}  {who} ({', '.join(entry.who.roles) or 'no role'})")
    typer.echo(f"asked: {entry.reason}, for the purpose {entry.purpose or 'none'}: {entry.origin.operation}")
    for rule in rules:
        typer.echo(f"\nrefused by {rule.id}{f'  {rule.place}' if rule.place else ''}")
        for line in filter(None, (rule.why, rule.text)):
            typer.echo(line)


def _opened(project: Project) -> tuple[Decisions, Kinds]:
    from trunkline.security.access.opening import is_declared, open_access

    if not is_declared(project.folder):
        raise Refused(f"{project.folder} has no access/schema.cedarschema: docs/access.md says how access is declared")
    return open_access(project.folder, project.contracts)


def _refusal(project: Project, id: str) -> Entry:
    from trunkline.runtime import audit
    from trunkline.security.access.explain import refusal
    from trunkline.security.audit import Ledger, LedgerError

    try:
        audit.catch_up(project)
        with closing(Ledger(audit.ledger_file(project), read_only=True)) as ledger:
            return refusal(ledger, id)
    except LedgerError as error:
        raise Refused(str(error)) from None
