"""Names of vendors. Systems write them as they like (`Ericsson AB`, `HUAWEI`, `nokia`); here each has one."""

from functools import cache

SHORT = 3  # letters up to which a name in capitals is an abbreviation: ZTE


@cache
def vendor_name(written: str) -> str:
    """The first word, with a capital: `Ericsson AB` → `Ericsson`, `HUAWEI` → `Huawei`, `ZTE` → `ZTE`; "" stays."""
    word = written.split()[0] if written.strip() else ""
    if word.islower() or (word.isupper() and len(word) > SHORT):
        return word.capitalize()
    return word
