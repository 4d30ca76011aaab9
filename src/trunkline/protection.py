"""One rule for every way to another machine: what goes there is encrypted, and the other side is known by its
certificate or key. Where that cannot be, the operator says why, under [exceptions] in `trunkline.toml`.

Who declares a way says which of it are not protected (`unprotected` of its settings); the rule is here alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from trunkline.document import Document, Problem
from trunkline.faults import Place
from trunkline.loopback import is_loopback

Exceptions = Mapping[str, str]
"""Why a host is reached without protection, by the host as it is declared."""
CLEAR_LOGS: Final = frozenset({"plain", "sasl_plain"})
VERIFIED: Final = "verify-full"


class Unprotected(NamedTuple):
    """A way to `host`, declared at `place` of its document. `how` says what of it is not protected, and `because` why
    not, where that stands beside it."""

    place: Place
    host: str
    how: str
    because: str = ""


def unprotected(place: Place, hosts: Iterable[str], how: str) -> Iterator[Unprotected]:
    """Those of the hosts that are not this machine. A path is a socket in its file system."""
    for host in hosts:
        if host and not host.startswith("/") and not is_loopback(host):
            yield Unprotected(place, host, how)


def by_http(place: Place, url: str) -> Iterator[Unprotected]:
    """A URL of http or https."""
    parts = urlsplit(url)
    if parts.scheme == "http":
        yield from unprotected(place, [parts.hostname or ""], "HTTP is in clear: use https")


def by_tls(place: Place, hosts: Iterable[str], mode: str) -> Iterator[Unprotected]:
    """Servers that are asked by TLS as the `mode` says: `verify-full`, or less."""
    if mode != VERIFIED:
        what = "nothing is encrypted" if mode == "off" else "whose certificate it is, is not looked at"
        yield from unprotected(place, hosts, f"{what}: say `tls: {VERIFIED}`")


def of_log(place: Place, url: str) -> Iterator[Unprotected]:
    """A log's URL, where that is of Kafka."""
    parts = urlsplit(url)
    if parts.scheme != "kafka":
        return
    options = dict(parse_qsl(parts.query))
    if options.get("security", "plain") in CLEAR_LOGS:
        brokers = [broker.rpartition(":")[0] for broker in parts.netloc.split(",")]
        yield from unprotected(place, brokers, "Kafka is in clear: say `security=tls` or `security=sasl_tls`")
    yield from by_http(place, options.get("token_url", ""))


def of_store(place: Place, url: str) -> Iterator[Unprotected]:
    """A store's URL, where that is of a database on a server."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme == "postgresql" and options.get("sslmode") != VERIFIED:
        hosts = [*parts.netloc.rpartition("@")[2].split(","), *options.get("host", "").split(",")]
        names = [urlsplit(f"//{host}").hostname or "" for host in hosts if host and not host.startswith("/")]
        yield from unprotected(place, names, f"PostgreSQL may be in clear, or another's: say `sslmode={VERIFIED}`")


def refused(document: Document, found: Iterable[Unprotected], exceptions: Exceptions) -> list[Problem]:
    """What of a document is not protected, and nobody has said why."""
    return [
        document.problem(each.place, refusal(each))
        for each in found
        if not each.because and each.host not in exceptions
    ]


def excepted(document: Document, found: Iterable[Unprotected], exceptions: Exceptions) -> Iterator[Problem]:
    """What of a document is not protected, with the reason that the operator has given."""
    for each in found:
        yield document.problem(each.place, exception(each, exceptions))


def exception(each: Unprotected, exceptions: Exceptions) -> str:
    """The sentence by which an exception is told."""
    return f"an exception: {each.host}, because {each.because or exceptions.get(each.host, '')}"


def refusal(each: Unprotected) -> str:
    """The sentence for the person who must act."""
    return (
        f"{each.host} is another machine, and {each.how}; where that cannot be, say why under [exceptions] in "
        f'trunkline.toml: "{each.host}" = "…"'
    )
