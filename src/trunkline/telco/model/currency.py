"""Minor units of currencies: how many digits an amount has behind the point (ISO 4217)."""

_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
                     "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip


def minor_digits(currency: str) -> int:
    """2 for those that are not told of here, as nearly all have."""
    return _DIGITS.get(currency, 2)
