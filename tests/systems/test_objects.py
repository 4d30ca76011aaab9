"""The same object has one name, whoever names it and in whichever notation."""

import pytest

from trunkline.systems.ericsson import objects as ericsson
from trunkline.systems.huawei import objects as huawei
from trunkline.systems.nokia import objects as nokia


@pytest.mark.parametrize(
    ("canonical", "native"),
    [
        (ericsson.canonical, "SubNetwork=BE,MeContext=A,ManagedElement=A,GNBDUFunction=1,NRCellDU=A-N1"),
        (nokia.canonical, "SubNetwork=BE,ManagedElement=MRBTS-1,GNBDUFunction=NRBTS-1,NRCellDU=NRCELL-1"),
        (huawei.canonical, "SubNetwork=BE,ManagedElement=B,GNBDUFunction=B,NRCellDU=3"),
    ],
)
def test_a_dn_in_3gpp_notation_is_understood_at_every_vendor(canonical, native) -> None:  # type: ignore[no-untyped-def]
    assert canonical(native) == native[native.index("ManagedElement=") :]
