"""The rules and what is declared beside them: what `trunkline check` finds, and what the cases and commands say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from tests.security.access.house import BELGICOM, House, caller, house
from trunkline import contracts
from trunkline.cli.app import app
from trunkline.document import Invalid
from trunkline.security.access.decisions import NO_RULE, Who
from trunkline.security.access.opening import check, open_access
from trunkline.security.access.sight import who_sees

CONTRACTS = contracts.load(BELGICOM / "contracts")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of BelgiCom's access and contracts."""
    for part in ("access", "contracts"):
        shutil.copytree(BELGICOM / part, tmp_path / part)
    (tmp_path / "trunkline.toml").write_text('name = "BelgiCom"\n')
    return tmp_path


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("rules")) as found:
        yield found


def problems(folder: Path, file: str, before: str, after: str) -> list[str]:
    """What is wrong with access once a file of it says something else."""
    path = folder / "access" / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    return [f"{Path(found.file).name}:{found.line}: {found.reason}" for found in check(folder, CONTRACTS)]


def test_belgicoms_rules_are_fit(folder: Path) -> None:
    assert check(folder, CONTRACTS) == []


def test_a_project_without_rules_has_none_that_are_wrong(tmp_path: Path) -> None:
    assert check(tmp_path, CONTRACTS) == []


@pytest.mark.parametrize(
    ("file", "before", "after", "reason"),
    [
        ("partner.cedar", 'Role::"partner"', 'Role::"partners"', 'partner.cedar:3: partner-reads-catalogue: entity'),
        ("partner.cedar", 'Purpose::"selling"', 'Purpose::"sales"', '`"sales"` is not declared as a valid eid'),
        ("partner.cedar", 'Area::"catalogue"', 'Area::"catalog"', 'Area::"catalog" is declared nowhere'),
        ("partner.cedar", 'Kind::"hub"', 'Kind::"hubs"', 'Kind::"hubs" is declared nowhere'),
        ("partner.cedar", 'Action::"read"', 'Action::"reads"', "unrecognized action"),
        ("partner.cedar", "resource.class ==", "resource.klass ==", "attribute `klass`"),
        ("partner.cedar", 'resource in Area::"catalogue")\nwhen { res', 'resource in Role::"partner")\nwhen { res',
         "unable to find an applicable action"),
        ("partner.cedar", 'permit (principal in Role::"partner"', "permit (principal in ", "unexpected token"),
        ("partner.cedar", '@id("partner-sees-catalogue")', '@id("auditor-reads")', "auditor-reads is there already"),
        ("partner.cedar", '@id("partner-sees-catalogue")', "", "a rule without a name"),
        ("schema.cedarschema", "entity Area;", "entity Area", "schema.cedarschema:1"),
        ("people.yaml", "  network-function:\n", "  core:\n", 'Role::"network-function" is declared nowhere'),
        ("purposes.yaml", "  selling:", "  sales:", 'Purpose::"selling" is declared nowhere'),
        ("purposes.yaml", "purposes: [selling]", "purposes: [sales]", "purposes.yaml:15: sales is none of the"),
        ("purposes.yaml", "roles: [partner]", "roles: [partners]", "the role partners is declared nowhere"),
        ("fields.yaml", "alarmDetails: text", "alarmDetails: texts", "network.alarm has no field texts"),
        ("fields.yaml", "alarmDetails: text", "alarmDetail: text", "alarm has no attribute alarmDetail"),
        ("fields.yaml", "comment.userId: comments.user", "comment.user: comments.user", "no attribute comment.user"),
        ("fields.yaml", "contract: network.resource\n", "contract: network.res\n", "no contract network.res"),
        ("fields.yaml", "health: sites", "health: site", "there is no kind site"),
        ("fields.yaml", "ends: [receiver.phoneNumber]", "ends: [receiver.phone]", "is not among `fields` or `classes`"),
        ("fields.yaml", "otherwise: public", "otherwise: secret", "otherwise"),
        ("cases.yaml", "kind: alarm,", "kind: alert,", "the kind alert is declared nowhere"),
        ("cases.yaml", "role: noc-engineer", "role: noc", "the role noc is declared nowhere"),
        ("cases.yaml", "by: noc-reads-network", "by: noc-reads", "the by noc-reads is declared nowhere"),
        ("cases.yaml", "hidden: [ackUserId", "hidden: [ackUser", "alarm has no attribute ackUser"),
    ],
)  # fmt: skip
def test_what_is_declared_nowhere_is_named(folder: Path, file: str, before: str, after: str, reason: str) -> None:
    found = problems(folder, file, before, after)
    assert any(reason in each for each in found), found


def test_trunkline_check_holds_access_against_what_is_declared(folder: Path) -> None:
    rules = folder / "access" / "partner.cedar"
    rules.write_text(rules.read_text().replace('Kind::"hub"', 'Kind::"hubs"'))
    result = CliRunner().invoke(app, ["check", "--project", str(folder)])
    assert (result.exit_code, 'partner-subscribes: Kind::"hubs" is declared nowhere' in result.output) == (1, True)


# Decisions


def test_a_decision_names_the_rules_that_decided(there: House) -> None:
    alarms, bills = there.kind("alarm"), there.kind("customerBill")
    allowed = there.decisions.decide(caller("noc-engineer"), "read", alarms, "none")
    assert (allowed.allowed, allowed.rules) == (True, ("noc-reads-network",))
    refused = there.decisions.decide(caller("auditor"), "change", bills, "audit")
    assert (refused.allowed, refused.rules) == (False, ("auditor-changes-nothing",))
    nothing = there.decisions.decide(caller("noc-engineer"), "read", bills, "none")
    assert (nothing.allowed, nothing.rules) == (False, (NO_RULE,))
    assert len({allowed.id, refused.id, nothing.id}) == 3


def test_roles_add_up_and_a_prohibition_counts_more(there: House) -> None:
    both = Who("anna", "", frozenset({"auditor", "billing-steward"}))
    bills = there.kind("customerBill")
    assert there.decisions.decide(both, "read", bills, "billing").allowed
    assert there.decisions.decide(both, "read", bills, "audit").allowed
    assert not there.decisions.decide(both, "change", bills, "billing").allowed


@pytest.mark.parametrize("role", ["anonymous", "nobody", 'x"::y', ""])
def test_who_has_no_role_may_nothing_at_all(there: House, role: str) -> None:
    one = Who("somebody", "", frozenset({role}))
    for kind in there.kinds:
        for purpose in ("none", "operations", "audit"):
            assert not there.decisions.decide(one, "read", kind, purpose).allowed


def test_traffic_is_seen_by_nobody_without_one_of_its_purposes(there: House) -> None:
    usage = there.kind("charging.usage.rated")
    seen = {(each.role, each.purpose) for each in who_sees(usage, ("usage",), there.decisions)}
    assert seen == {("billing-steward", "dispute"), ("billing-steward", "fraud")}


def test_what_nobody_has_classified_nobody_sees_by_mistake(there: House) -> None:
    kind = there.kind("network.alarm")
    assert there.decisions.mask(caller("noc-engineer"), kind, "operations").apply({"text": "x", "madeUp": 1}) == {
        "text": "x"
    }


# The commands


def test_the_cases_hold_and_are_of_every_role(folder: Path) -> None:
    result = CliRunner().invoke(app, ["access", "test", "--json", "--project", str(folder)])
    cases = [msgspec.json.decode(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, [case for case in cases if case["wrong"]]) == (0, [])
    assert len(cases) >= 40
    roles = {"noc-engineer", "billing-steward", "customer-service", "integration-architect", "partner", "auditor"}
    assert roles <= {case["role"] for case in cases if case["answer"] == "allowed"}
    assert roles <= {case["role"] for case in cases if case["answer"] == "refused"}


@pytest.mark.parametrize(
    ("file", "before", "after", "case", "wrong"),
    [
        ("auditor.cedar", 'Purpose::"audit"\n    && [Class::"public"', 'Purpose::"audit"\n    && [Class::"personal"',
         "the auditor reads bills without amounts", "amountDue is seen"),
        ("everybody.cedar", "!principal.regions", "principal.regions", "the NOC of Flanders reads Antwerp",
         "it is refused"),
        ("everybody.cedar", 'in Role::"auditor"', 'in Role::"partner"', "the auditor acts upon nothing", NO_RULE),
        ("fields.yaml", "classes: {statusReason: internal, agreement: confidential}", "classes: {agreement: public}",
         "a partner reads what is sold", "agreement is seen"),
        ("customer-service.cedar", 'action == Action::"glimpse"', 'action == Action::"see"', "care sees no use",
         "description is hidden"),
    ],
)  # fmt: skip
def test_a_rule_that_says_otherwise_than_meant_is_found_by_the_cases(
    folder: Path, file: str, before: str, after: str, case: str, wrong: str
) -> None:
    assert problems(folder, file, before, after) == []
    result = CliRunner().invoke(app, ["access", "test", "--json", "--project", str(folder)])
    told = {row["case"]: row["wrong"] for row in map(msgspec.json.decode, result.stdout.splitlines())}
    assert (result.exit_code, wrong in told[case]) == (1, True), told[case]


def test_who_can_see_a_field_is_answered_by_the_engine(folder: Path) -> None:
    def ask(field: str) -> dict[tuple[str, str], str]:
        result = CliRunner().invoke(app, ["access", "who", field, "--json", "--project", str(folder)])
        rows = map(msgspec.json.decode, result.stdout.splitlines())
        return {(row["role"], row["purpose"]): row["sees"] for row in rows}

    assert ask("customerBill.amountDue") == {
        ("billing-steward", "billing"): "all", ("billing-steward", "dispute"): "all",
        ("billing-steward", "fraud"): "all", ("customer-service", "care"): "all",
    }  # fmt: skip
    assert ask("bucket.logicalResource.value")["integration-architect", "integration"] == "ends"
    assert ask("partyRole.name") == {
        ("auditor", "audit"): "ends", ("billing-steward", "billing"): "ends", ("billing-steward", "dispute"): "ends",
        ("customer-service", "care"): "all", ("integration-architect", "integration"): "ends",
    }  # fmt: skip
    assert ask("productOffering.name")["partner", "selling"] == "all"


def test_a_field_that_is_none_is_refused(folder: Path) -> None:
    result = CliRunner().invoke(app, ["access", "who", "amountDue", "--project", str(folder)])
    assert (result.exit_code, "write KIND.ATTRIBUTE" in str(result.exception)) == (1, True)


def test_access_that_is_wrong_is_not_opened(folder: Path) -> None:
    (folder / "access" / "partner.cedar").write_text('permit (principal, action, resource in Kind::"hubs");')
    with pytest.raises(Invalid, match="without a name"):
        open_access(folder, CONTRACTS)
