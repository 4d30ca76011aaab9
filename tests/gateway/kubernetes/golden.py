"""What BelgiCom's gateway becomes in a cluster, written down: `python -m tests.gateway.kubernetes.golden`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from trunkline.gateway.control import planned
from trunkline.gateway.kubernetes.folder import text
from trunkline.gateway.kubernetes.manifests import Rendered, render
from trunkline.gateway.places import Places
from trunkline.gateway.plan import Plan

GOLDEN: Final = Path(__file__).parent / "golden"
FILES: Final = ("gateway.yaml", "api-product-catalog.yaml")
"""The gateway's, and of the APIs the one with most kinds of policies."""
WITHOUT: Final = ("cache", "json-threats", "quota", "shadow", "spike", "validate")
_BELGICOM: Final = Path(__file__).parents[3] / "belgicom"


def belgicom(without: tuple[str, ...] = WITHOUT) -> Rendered:
    return render(_plan(), "belgicom", without)


@cache
def _plan() -> Plan:
    return planned(Places(_BELGICOM, Path("/nonexistent")))


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name in FILES:
        (GOLDEN / name).write_text(text(belgicom().files[name]))
