"""The example of docs/online-charging.md is a request that is granted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx

from tests.telco.charging.online.core import PATH, granted
from tests.telco.charging.online.double import Double

GUIDE = Path(__file__).parents[4] / "docs" / "online-charging.md"


def test_the_example_is_granted_what_it_asks_for(client: httpx.Client, charge: Double) -> None:
    [example] = re.findall(r"```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert granted(client.post(f"{PATH}/chargingdata", json=json.loads(example))) == 5_000_000
    [asked] = charge.requests
    assert (asked.subscription, asked.apn, asked.visited, asked.zone_offset) == ("32470000001", "internet", "20601", 60)
