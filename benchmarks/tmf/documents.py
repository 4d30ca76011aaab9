"""Alarms and products, made so that each has many like it and some things of its own; the same for the same number."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SEVERITIES = ("critical", "major", "minor", "warning")
CAUSES = ("underlyingResourceUnavailable", "powerProblem", "lossOfSignal", "temperatureUnacceptable", "softwareError")
OFFERINGS = tuple(f"offering-{number}" for number in range(50))
CELLS, CUSTOMERS = 20_000, 400_000


def moment(number: int) -> str:
    """A time, later for a later document."""
    return (BEGIN + timedelta(seconds=20 * number)).isoformat().replace("+00:00", "Z")


def alarm(number: int) -> dict[str, Any]:
    """The alarm of this number, in TMF642 v5's shape."""
    chance = random.Random(number)
    cell = chance.randrange(CELLS)
    return {
        "@type": "Alarm",
        "id": f"alarm-{number}",
        "externalAlarmId": f"ext-{number}",
        "alarmType": chance.choice(("communicationsAlarm", "equipmentAlarm", "environmentalAlarm")),
        "perceivedSeverity": chance.choices(SEVERITIES, (1, 9, 30, 60))[0],
        "probableCause": chance.choice(CAUSES),
        "specificProblem": f"problem {chance.randrange(300)}",
        "state": chance.choices(("raised", "updated", "cleared"), (5, 5, 90))[0],
        "ackState": chance.choice(("acknowledged", "unacknowledged")),
        "alarmRaisedTime": moment(number),
        "alarmChangedTime": moment(number),
        "sourceSystemId": chance.choice(("enm", "netact", "u2020")),
        "alarmedObjectType": "Cell",
        "alarmedObject": {"@type": "AlarmedObject", "id": f"cell-{cell}"},
        "alarmDetails": f"cell {cell} reported it by its element manager",
    }


def product(number: int) -> dict[str, Any]:
    """The product of this number, in TMF637 v5's shape."""
    chance = random.Random(-number - 1)
    return {
        "@type": "Product",
        "id": f"product-{number}",
        "name": f"Mobile {chance.choice('SMLX')}",
        "status": chance.choices(("active", "suspended", "terminated"), (80, 5, 15))[0],
        "startDate": moment(number),
        "productSerialNumber": f"SN{number:09d}",
        "productOffering": {"@type": "ProductOfferingRef", "id": chance.choice(OFFERINGS), "name": "Mobile"},
        "relatedParty": [
            {
                "@type": "RelatedPartyRefOrPartyRoleRef",
                "role": "customer",
                "partyOrPartyRole": {
                    "@type": "PartyRef",
                    "@referredType": "Individual",
                    "id": f"customer-{chance.randrange(CUSTOMERS)}",
                },
            }
        ],
        "productCharacteristic": [
            {"@type": "StringCharacteristic", "name": "msisdn", "value": f"32470{number:07d}"},
            {"@type": "IntegerCharacteristic", "name": "gigabytes", "value": chance.choice((5, 20, 60))},
        ],
    }


def filters(count: int, chance: random.Random) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """The ten commonest questions, each with its resource and its parameters, about `count` documents of each kind."""
    number = chance.randrange(count)
    msisdn = f"32470{chance.randrange(count):07d}"
    party = "relatedParty.partyOrPartyRole.id"
    return {
        "alarms of a severity": ("alarm", [("perceivedSeverity", "critical")]),
        "active alarms of a severity": ("alarm", [("state", "raised,updated"), ("perceivedSeverity", "major")]),
        "alarms of an object": ("alarm", [("alarmedObject.id", f"cell-{chance.randrange(CELLS)}")]),
        "alarms since a time, the newest first": (
            "alarm",
            [("alarmRaisedTime.gte", moment(number)), ("sort", "-alarmRaisedTime")],
        ),
        "unacknowledged alarms of a system": (
            "alarm",
            [("ackState", "unacknowledged"), ("sourceSystemId", "enm"), ("perceivedSeverity", "critical")],
        ),
        "products of a status": ("product", [("status", "suspended")]),
        "products of a customer": ("product", [(party, f"customer-{chance.randrange(CUSTOMERS)}")]),
        "active products of an offering": (
            "product",
            [("productOffering.id", chance.choice(OFFERINGS)), ("status", "active")],
        ),
        "a product by its serial number": ("product", [("productSerialNumber", f"SN{number:09d}")]),
        "a product by a characteristic": (
            "product",
            [("filter", f"productCharacteristic[?(@.name=='msisdn' && @.value=='{msisdn}')]")],
        ),
    }
