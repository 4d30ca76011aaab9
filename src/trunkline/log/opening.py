"""Which adapter serves a log URL. The only place that names one."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from trunkline.log.port import Log, LogError, Validator


def open_log(url: str, validators: Mapping[str, Validator] | None = None) -> Log:
    """Open the log at `url`: `sqlite:///path/to/log.db` for the embedded one, with `?lease=10` seconds after which a
    member of a group that is not heard of loses its partitions.

    `validators` are the contracts by topic (`contracts.load(folder).validators()`); an event that breaks its topic's
    contract is refused by every append. Raises `LogError` on a URL that no adapter serves.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from trunkline.log.embedded import open_embedded

        return open_embedded(url, validators or {})
    raise LogError(f"no log adapter serves {url!r}: expected sqlite:///path")
