"""The certificate of one service, in the files that it and others are served from."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from trunkline.http.tls import Files
from trunkline.security.certificates.authorities import Authorities
from trunkline.security.certificates.spiffe import SpiffeId
from trunkline.security.certificates.whole import write_whole

CERTIFICATE: Final = "certificate.pem"
KEY: Final = "key.pem"


class ServiceCertificate:
    """Of the service `id`, for the host names and addresses `names`, lasting so long each time."""

    def __init__(
        self, authorities: Authorities, folder: Path, id: SpiffeId, names: Sequence[str], lasting: timedelta
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.id = id
        self._authorities, self._names, self._lasting = authorities, sorted({_plain(name) for name in names}), lasting
        self.files = Files(folder / CERTIFICATE, folder / KEY, authorities.trusted)

    def renew(self, *, anyway: bool = False) -> bool:
        """Have a new one, where half the time of the present one is over, or it is not what it should be: of the
        authority that signs, for these names, with its key. Whether it was. Raises `OSError`, `KeysError`."""
        self._authorities.keep()
        if not anyway and not self._due():
            return False
        issued = self._authorities.issue(self.id, self._names, self._lasting)
        # Whoever reads between the two finds that they do not fit, and goes on with what it has.
        write_whole(self.files.key, issued.key)
        write_whole(self.files.certificate, issued.certificate, mode=0o644)
        return True

    def _due(self) -> bool:
        try:
            certificate = x509.load_pem_x509_certificate(self.files.certificate.read_bytes())
            key = serialization.load_pem_private_key(self.files.key.read_bytes(), None)
        except (OSError, ValueError):
            return True
        if certificate.not_valid_after_utc - self._lasting / 2 <= self._authorities.now():
            return True
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = [*names.get_values_for_type(x509.DNSName), *names.get_values_for_type(x509.IPAddress)]
        return (
            key.public_key() != certificate.public_key()
            or names.get_values_for_type(x509.UniformResourceIdentifier) != [str(self.id)]
            or sorted(map(str, hosts)) != self._names
            or not self._authorities.signs(certificate)
        )


def _plain(name: str) -> str:
    """A host name or an address as it stands in a certificate."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()
