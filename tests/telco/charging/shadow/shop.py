"""BelgiCom's tariffs with a draft in the place of Mobile 5G 80 GB, and both sides over events that a test makes."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tests.telco.charging.accounts.desk import ACCOUNT, Desk, day
from trunkline.telco.charging import settings, tariff
from trunkline.telco.charging.shadow.bill import BillKey
from trunkline.telco.charging.shadow.comparison import Comparison
from trunkline.telco.charging.shadow.report import Report, report
from trunkline.telco.charging.shadow.side import Side
from trunkline.telco.charging.shadow.threshold import Threshold
from trunkline.telco.charging.tariff.terms import Tariffs
from trunkline.telco.model import Account, Assignment, RatedUsage

BELGICOM = Path(__file__).parents[4] / "belgicom"
FOLDER = BELGICOM / "tariffs"
SETTINGS = settings.load(BELGICOM / "charging.yaml")
TODAY: Tariffs = tariff.load(FOLDER)
DRAFT: Tariffs = tariff.load_with(FOLDER, FOLDER / "drafts" / "mobile-80-2027.yaml")
GB = 10**9
TEN = Threshold(Decimal(10), percent=False)


def account(plan: str = "mobile-80", **more: Any) -> Account:
    """The account of Ann and Bob, both with a plan."""
    members = tuple(replace(member, tariffs=(Assignment(tariff=plan, since=day(-200)),)) for member in ACCOUNT.members)
    return replace(ACCOUNT, members=members, **more)


def compared(events: Iterable[Any], today: Tariffs = TODAY, draft: Tariffs = DRAFT) -> Comparison:
    """What both sides say of the events."""
    comparison = Comparison()
    sides = Side(today, SETTINGS), Side(draft, SETTINGS)
    for record in Desk().records(events):
        comparison.take(record, *sides)
    return comparison


def reported(events: Iterable[Any], threshold: Threshold = TEN, **tariffs: Tariffs) -> Report:
    return report(compared(events, **tariffs), threshold, day(-100))


def bills(rated: Iterable[RatedUsage]) -> Counter[BillKey]:
    """What `charging.usage.rated` says in the end that each number's usage of each cycle costs."""
    last = {each.usage.id: each for each in rated}
    sums: Counter[BillKey] = Counter()
    for each in last.values():
        sums[BillKey(each.usage.account, each.cycle, each.usage.subscription)] += each.amount
    return sums


def with_draft(folder: Path, before: str, after: str) -> Path:
    """BelgiCom's tariffs in a folder of its own, and in its draft one text replaced by another."""
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    file = folder / "drafts" / "mobile-80-2027.yaml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    return file
