"""Names of managed objects in 3GPP's own notation (TS 32.300), brought to the one form by which records are joined."""

from functools import lru_cache

from trunkline.telco.model import Dn


@lru_cache(maxsize=20_000)
def canonical(native: str) -> str:
    """The local DN of `native`, beginning at `ManagedElement`; a name that is not of the form `class=id` stays.

    A `MeContext` names the node where its `ManagedElement` is only numbered (`ManagedElement=1` below each
    `MeContext`, TS 28.622), and stands for the node where there is no `ManagedElement`.

    >>> canonical("SubNetwork=BE,MeContext=GNT_01,ManagedElement=1,ENBFunction=1")
    'ManagedElement=GNT_01,ENBFunction=1'
    """
    try:
        steps = Dn.parse(native)
    except ValueError:
        return native.strip()
    context, local = "", []
    for cls, name in steps:
        if cls == "MeContext":
            context, local = name, [f"ManagedElement={name}"]
        elif cls == "ManagedElement":
            local = [f"ManagedElement={context if context and name == '1' else name}"]
        elif local:
            local.append(f"{cls}={name}")
    return ",".join(local or (f"{cls}={name}" for cls, name in steps))
