"""Authorities come, sign and go without a moment in which a certificate that holds is not trusted."""

from __future__ import annotations

import shutil
import subprocess
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.security.certificates.house import DAY, Clock, authorities, service
from trunkline.security.certificates.authorities import Authorities, Terms
from trunkline.security.certificates.sealing import Sealed
from trunkline.security.certificates.spiffe import SpiffeId
from trunkline.security.keys import KeysError
from trunkline.security.keys.file import FileKek
from trunkline.security.keys.keyring import Keyring
from trunkline.security.keys.table import KeyTable

ID = SpiffeId.service("acme", "api", "one")


def issued(of: Authorities, lasting: timedelta = DAY) -> x509.Certificate:
    return x509.load_pem_x509_certificate(of.issue(ID, ["localhost"], lasting).certificate)


def is_trusted(certificate: x509.Certificate, by: Authorities) -> bool:
    """By an implementation of RFC 5280 that is not the one that TLS has."""
    roots = Store(x509.load_pem_x509_certificates(by.trusted.read_bytes()))
    verifier = PolicyBuilder().store(roots).time(by.now()).build_client_verifier()
    try:
        verifier.verify(certificate, [])
    except VerificationError:
        return False
    return True


def test_a_certificate_is_what_an_svid_is(acme: Authorities) -> None:
    certificate = issued(acme)
    extensions = certificate.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://acme/api/one"]
    assert names.critical
    assert not list(certificate.subject)
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign
    assert not usage.value.crl_sign
    assert set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == {
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.CLIENT_AUTH,
    }
    assert is_trusted(certificate, acme)


def test_an_authority_signs_certificates_of_services_and_is_none(acme: Authorities) -> None:
    extensions = acme.signing().certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign
    assert not usage.digital_signature
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://acme"]


def test_another_trust_domain_and_too_long_a_time_are_refused(acme: Authorities) -> None:
    with pytest.raises(ValueError, match="another trust domain"):
        acme.issue(SpiffeId.service("other", "api", "one"), [], DAY)
    with pytest.raises(ValueError, match="90 days"):
        acme.issue(ID, [], timedelta(days=91))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(st.integers(1, 40), st.just("rotate")), min_size=1, max_size=12))
def test_whatever_passes_by_each_certificate_is_trusted_until_it_ends(
    tmp_path_factory: pytest.TempPathFactory, events: list[int | str]
) -> None:
    clock = Clock()
    of = authorities(tmp_path_factory.mktemp("of"), clock, Terms(timedelta(days=30), timedelta(days=7)))
    held: list[x509.Certificate] = []
    for event in events:
        before = {each.x509.serial_number for each in of.all()}
        if event == "rotate":
            of.rotate(timedelta(hours=1))
        else:
            clock.pass_by(timedelta(days=int(event)))
        signing = of.signing().certificate
        # While somebody looks once a week at least, nobody signs who was not trusted before.
        if before and event in (1, 2, 3, 4, 5, 6):
            assert signing.serial_number in before
        held.append(issued(of, timedelta(days=30)))
        held = [each for each in held if each.not_valid_after_utc > of.now()]
        assert all(is_trusted(each, of) for each in held)


def test_a_new_authority_is_trusted_before_it_signs_and_the_old_one_after(acme: Authorities, clock: Clock) -> None:
    first = acme.signing().certificate
    by_the_old = issued(acme)
    acme.rotate(timedelta(minutes=1))
    assert acme.signing().certificate == first
    assert len(acme.all()) == 2
    clock.pass_by(timedelta(minutes=2))
    assert acme.signing().certificate != first
    assert is_trusted(by_the_old, acme)
    assert is_trusted(issued(acme), acme)
    clock.pass_by(timedelta(days=181))  # past all that the first may have signed
    acme.keep()
    assert first not in [each.x509 for each in acme.all()]


def test_what_an_authority_signs_last_holds_as_long_as_what_it_signs_first(acme: Authorities, clock: Clock) -> None:
    first = acme.signing().certificate
    clock.pass_by(timedelta(days=90) - timedelta(minutes=1))
    assert acme.signing().certificate == first
    last = issued(acme, timedelta(days=90))
    assert last.not_valid_after_utc - acme.now() > timedelta(days=90) - timedelta(seconds=2)
    clock.pass_by(timedelta(days=90) - timedelta(seconds=2))
    acme.keep()
    assert is_trusted(last, acme)


def test_processes_that_begin_at_once_agree_on_one_authority(tmp_path: Path) -> None:
    made = [authorities(tmp_path) for _ in range(8)]
    threads = [threading.Thread(target=each.keep) for each in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made[0].all()) == 1


def test_keys_are_their_owners_alone(acme: Authorities) -> None:
    files = service(acme, "api").files
    for secret in (files.key, acme.folder / "authorities.json"):
        assert secret.stat().st_mode & 0o777 == 0o600
    (acme.folder / "authorities.json").chmod(0o644)
    with pytest.raises(OSError, match="chmod 600"):
        acme.keep()


def test_a_file_that_is_none_says_so(acme: Authorities) -> None:
    acme.keep()
    (acme.folder / "authorities.json").write_text("[")
    with pytest.raises(OSError, match=r"holds no authorities: put it back"):
        acme.keep()


def test_the_key_of_an_authority_is_sealed_by_the_projects_keys_and_survives_their_rotation(tmp_path: Path) -> None:
    def keyring(file: str) -> Keyring:
        return Keyring(lambda: FileKek(tmp_path / file), lambda: KeyTable(f"sqlite://{tmp_path / 'keys.db'}"))

    with closing(keyring("kek.json")) as keys:
        of = Authorities(tmp_path / "certificates", "acme", Sealed(keys))
        first = of.signing()
        assert b"PRIVATE KEY" not in (tmp_path / "certificates" / "authorities.json").read_bytes()
        keys.rotate()
    with closing(keyring("kek.json")) as keys:
        again = Authorities(tmp_path / "certificates", "acme", Sealed(keys)).signing()
        assert again.certificate == first.certificate
        assert again.key.private_numbers() == first.key.private_numbers()
    with closing(keyring("other.json")) as keys, pytest.raises(KeysError):
        Authorities(tmp_path / "certificates", "acme", Sealed(keys)).signing()
    with pytest.raises(OSError, match=r"put \[keys\] back"):
        Authorities(tmp_path / "certificates", "acme").signing()


def test_a_certificate_is_renewed_at_half_its_time_and_when_it_is_not_what_it_should_be(
    acme: Authorities, clock: Clock
) -> None:
    api = service(acme, "api")
    assert not api.renew()
    clock.pass_by(timedelta(hours=11))
    assert not api.renew()
    clock.pass_by(timedelta(hours=2))
    assert api.renew()
    api.files.key.write_bytes(service(acme, "worker").files.key.read_bytes())  # broken off between the two files
    assert api.renew()
    assert not api.renew()
    assert service(acme, "api", "api.acme.example").renew() is False  # it was when the name came
    certificate = x509.load_pem_x509_certificate(api.files.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["api.acme.example"]
    acme.rotate(timedelta(minutes=1))
    assert api.renew()  # back to its own names
    clock.pass_by(timedelta(minutes=2))
    assert api.renew()  # by the authority that signs now
    assert not api.renew()


def test_openssl_takes_it_for_what_it_is(acme: Authorities) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("the command openssl is not on this machine")
    files = service(acme, "api").files
    verify = ["openssl", "verify", "-x509_strict", "-CAfile", str(acme.trusted)]
    for purpose in ("sslserver", "sslclient"):
        subprocess.run([*verify, "-purpose", purpose, str(files.certificate)], check=True, capture_output=True)
