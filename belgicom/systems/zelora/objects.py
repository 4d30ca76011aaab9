"""Names of Zelora's objects: a station, and a cell of it by number."""


def canonical(station: str, cell: str = "") -> str:
    """The canonical local DN.

    >>> canonical("BRU_METRO_01", "2")
    'ManagedElement=BRU_METRO_01,GNBDUFunction=1,NRCellDU=2'
    """
    return f"ManagedElement={station},GNBDUFunction=1,NRCellDU={cell}" if cell else f"ManagedElement={station}"
