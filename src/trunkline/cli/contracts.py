"""`trunkline contracts`: the data contracts of the operator's topics."""

from __future__ import annotations

import typer

from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

app = typer.Typer(help="The data contracts of the operator's topics.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_contracts(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """List the contracts: version, owner, compatibility."""
    from trunkline.project import Project

    rows(
        (contract.summary() for contract in Project.find(project).contracts.values()),
        ("topic", "version", "owner", "compatibility", "description"),
        as_json=json,
        empty="no contracts",
    )


@app.command()
def asyncapi(project: ProjectOption = HERE) -> None:
    """Print an AsyncAPI 3 document of all topics, as JSON."""
    import msgspec

    from trunkline.contracts import asyncapi as document
    from trunkline.project import Project

    operator = Project.find(project)
    found = document(operator.contracts, title=operator.settings.name, version="1.0.0", servers={})
    typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))


@app.command()
def schema(topic: str, project: ProjectOption = HERE) -> None:
    """Print the schema by which a schema registry knows a topic's events: Avro or JSON Schema."""
    from trunkline.contracts.registered import registered_schema
    from trunkline.project import Project

    contracts = Project.find(project).contracts
    if topic not in contracts:
        raise Refused(f"no contract of a topic {topic}; the topics are {', '.join(contracts)}")
    typer.echo(registered_schema(contracts[topic])[1])
