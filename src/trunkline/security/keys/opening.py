"""Which adapter keeps the key-encryption key. The only place that names one."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from trunkline.security.keys.port import Kek, KeysError


def open_kek(url: str, folder: Path, token: str = "") -> Kek:
    """The key-encryption key at `url`. Raises `KeysError`, also where the package that it needs is missing.

    `keys://file/NAME` is a file in `folder`, or with `keys://file//etc/trunkline/kek.json` that one;
    `vault://host:8200/transit/NAME` is a key of Vault's or OpenBao's transit engine, over TLS (`vault+http://` over
    plain HTTP, on loopback only), asked with `token`; `awskms://REGION/KEY` is a key of AWS KMS, by its id or as
    `alias/NAME`, with `?endpoint=` at another server than AWS's own.
    """
    parts = urlsplit(url)
    path = unquote(parts.path).removeprefix("/")
    if parts.scheme == "keys" and parts.netloc == "file" and path:
        from trunkline.security.keys.file import FileKek

        return FileKek(folder / path)
    if parts.scheme in ("vault", "vault+http") and parts.hostname and "@" not in parts.netloc:
        mount, _, name = path.rpartition("/")
        if mount and name:
            return _vault(url, parts.scheme, parts.netloc, parts.hostname, mount, name, token)
    if parts.scheme == "awskms" and parts.netloc and path:
        try:
            from trunkline.security.keys.aws import KmsKek
        except ImportError:
            raise KeysError("keys in AWS KMS need a package: pip install 'trunkline[aws]'") from None
        return KmsKek(parts.netloc, path, dict(parse_qsl(parts.query)).get("endpoint", ""))
    raise KeysError(
        f"nothing keeps keys at {parts.scheme}://{parts.hostname or ''}: expected keys://file/NAME, "
        "vault://host:port/transit/NAME or awskms://REGION/KEY"
    )


def _vault(url: str, scheme: str, netloc: str, host: str, mount: str, name: str, token: str) -> Kek:
    try:
        from trunkline.security.keys.vault import VaultKek
    except ImportError:
        raise KeysError("keys in Vault or OpenBao need a package: pip install 'trunkline[vault]'") from None
    if scheme == "vault+http" and host not in ("127.0.0.1", "::1", "localhost"):
        raise KeysError(f"{url}: keys and the token would go over the network in clear: use vault://")
    if not token:
        raise KeysError(f"{url}: Vault wants a token: set `token` under [keys] to ${{env:NAME}} or ${{file:path}}")
    return VaultKek(f"{'http' if scheme == 'vault+http' else 'https'}://{netloc}", mount, name, token)
