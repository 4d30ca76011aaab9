"""Minor units of currencies: how many digits an amount has behind the point (ISO 4217)."""

from decimal import Decimal

_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
                     "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip


def minor_digits(currency: str) -> int:
    """2 for those that are not told of here, as nearly all have."""
    return _DIGITS.get(currency, 2)


def major(minor: int, currency: str) -> Decimal:
    """An amount of minor units in units of the currency, exactly: `12.34` of 1,234 cents."""
    return Decimal(minor).scaleb(-minor_digits(currency))
