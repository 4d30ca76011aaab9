"""Accounts and payments of a CRM's export become events of charging; what is neither is said with its place."""

from io import BytesIO

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.quarantine import Rejected
from trunkline.systems import Origin, installed_systems
from trunkline.systems.crm import SYSTEM
from trunkline.systems.reach import Captured
from trunkline.systems.system import Format
from trunkline.telco.model import Account, ChargingCommand

ORIGIN = Origin("crm", "sftp://127.0.0.1/crm/accounts.jsonl", "ab" * 32)
LINE = (
    b'{"id": "A1", "customer": "C1", "kind": "postpaid", "currency": "EUR", "cycleDay": 5, "limit": 5000, "segment": 7,'
    b' "members": [{"msisdn": "32450000000", "imsi": "206990000000000", "language": "nl",'
    b' "tariffs": [{"tariff": "mobile-80", "since": "2025-01-01T00:00:00Z"}]}]}\n'
)
PAYMENT = b'{"payment": "V17", "account": "A8", "amount": 1500, "time": "2026-03-09T14:00:00Z", "channel": "voucher"}\n'
ACCOUNTS, PAYMENTS = SYSTEM.formats


def read(content: bytes, format: Format = ACCOUNTS) -> list[Captured | Rejected]:
    return list(format.read(BytesIO(content), ORIGIN))


def test_an_account_goes_under_its_id_to_the_topic_of_accounts() -> None:
    (found,) = read(LINE)
    assert isinstance(found, Captured)
    assert (found.topic, found.event.key, found.system) == ("charging.account", b"A1", "crm")
    account = msgspec.json.decode(found.event.value or b"", type=Account)
    assert (account.kind, account.cycle_day, account.limit) == ("postpaid", 5, 5000)
    assert [(member.msisdn, member.imsi, member.language) for member in account.members] == [
        ("32450000000", "206990000000000", "nl")
    ]
    assert account.members[0].tariffs[0].tariff == "mobile-80"


def test_lines_and_arrays_are_read_alike() -> None:
    second = LINE.replace(b'"A1"', b'"A2"')
    for content in (LINE + second, b"[" + LINE + b"," + second + b"]"):
        assert [each.event.key for each in read(content) if isinstance(each, Captured)] == [b"A1", b"A2"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (b'{"id": "A1"}', "customer"),
        (LINE.replace(b'"postpaid"', b'"free"'), "kind"),
        (LINE.replace(b'"A1"', b'""'), "id"),
    ],
)
def test_what_is_no_account_is_rejected_with_its_place_and_the_rest_is_taken(wrong: bytes, said: str) -> None:
    first, second, third = read(LINE + wrong.strip() + b"\n" + LINE)
    assert isinstance(first, Captured)
    assert isinstance(third, Captured)
    assert isinstance(second, Rejected)
    assert (second.reason, second.line, second.offset) == ("account.unreadable", 2, len(LINE))
    assert said in second.message


def test_the_export_is_recognised_by_its_first_bytes_and_nothing_else_is() -> None:
    every = [each for system in installed_systems().values() for each in system.formats]
    for line, format in ((LINE, ACCOUNTS), (PAYMENT, PAYMENTS), (b"[\n" + LINE, ACCOUNTS)):
        assert [each for each in every if each.matches(line)] == [format]
    assert not ACCOUNTS.matches(b'{"presentSeverity": "MAJOR"}')


def test_a_payment_is_a_top_up_with_an_id_of_its_own() -> None:
    first, again = read(PAYMENT + PAYMENT, PAYMENTS)
    assert isinstance(first, Captured)
    assert isinstance(again, Captured)
    assert (first.topic, first.event.key) == ("charging.command", b"A8")
    command = msgspec.json.decode(first.event.value or b"", type=ChargingCommand)
    assert (command.id, command.kind, command.amount) == ("payment/crm/V17", "topup", 1500)
    assert first.event.value == again.event.value


@pytest.mark.parametrize("wrong", [b'"amount": 0', b'"amount": -5', b'"amount": 15.5', b'"amount": "15"'])
def test_a_payment_of_nothing_or_of_parts_of_a_cent_is_rejected(wrong: bytes) -> None:
    (found,) = read(PAYMENT.replace(b'"amount": 1500', wrong), PAYMENTS)
    assert isinstance(found, Rejected)
    assert found.reason == "payment.unreadable"
    assert "amount" in found.message


@given(st.integers(0, len(LINE) - 1), st.binary(max_size=8))
def test_damaged_exports_are_taken_or_rejected_but_never_fail(at: int, garbage: bytes) -> None:
    for line, format in ((LINE, ACCOUNTS), (PAYMENT, PAYMENTS)):
        for found in read(line[:at] + garbage + line[at + len(garbage) :] + line, format):
            assert isinstance(found, Captured | Rejected)
