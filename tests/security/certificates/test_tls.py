"""Who is taken by TLS and who is not, each refusal with its reason; and certificates that change meanwhile."""

from __future__ import annotations

import http.client
import logging
import shutil
import socket
import ssl
import threading
from contextlib import closing
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import httpx
import pytest

from tests.security.certificates.house import APP, DAY, Clock, ask, authorities, service, serving, trusting
from trunkline.http import RefusedBind, Tls, check_bind, server
from trunkline.http import connection as served
from trunkline.http.tls import Files, FollowedContext, UnusableCertificate, client_context, server_context
from trunkline.security.certificates.authorities import Authorities
from trunkline.security.certificates.spiffe import Peers


def test_an_ordinary_client_that_trusts_the_authority_is_answered_by_tls_1_3(acme: Authorities) -> None:
    with serving(Tls(service(acme, "api").files)) as running:
        trusted = trusting(acme.trusted)
        assert ask(running.port, trusted).status == 200
        with (
            socket.create_connection(("localhost", running.port)) as raw,
            trusted.wrap_socket(raw, server_hostname="localhost") as secured,
        ):
            assert secured.version() == "TLSv1.3"
            assert secured.compression() is None
        assert httpx.get(f"https://127.0.0.1:{running.port}/", verify=trusted).json()["peer"] == ""


def test_a_client_of_tls_1_2_is_refused(acme: Authorities) -> None:
    with serving(Tls(service(acme, "api").files)) as running:
        old = trusting(acme.trusted)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
            ask(running.port, old)


def test_what_is_no_tls_gets_no_answer(acme: Authorities) -> None:
    with serving(Tls(service(acme, "api").files)) as running:
        with socket.create_connection(("localhost", running.port), 10) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"HTTP" not in plain.recv(4_096)
        assert ask(running.port, trusting(acme.trusted)).status == 200


def test_a_server_of_another_authority_or_for_another_name_is_refused(acme: Authorities, tmp_path: Path) -> None:
    other = authorities(tmp_path / "other")
    api, elsewhere = service(acme, "api"), service(acme, "elsewhere", "elsewhere.example")
    with serving(Tls(api.files)) as running, serving(Tls(elsewhere.files)) as wrong:
        with pytest.raises(ssl.SSLCertVerificationError, match=r"unable to get local issuer|self-signed"):
            ask(running.port, client_context(service(other, "gateway").files))
        with pytest.raises(ssl.SSLCertVerificationError, match=r"(?i)hostname mismatch"):
            ask(wrong.port, client_context(api.files))


def test_a_server_with_the_id_of_another_is_refused(acme: Authorities) -> None:
    api, gateway = service(acme, "api"), service(acme, "gateway")
    with serving(Tls(api.files)) as running:
        assert ask(running.port, client_context(gateway.files, Peers(["spiffe://acme/api/*"]))).status == 200
        billing = client_context(gateway.files, Peers(["spiffe://acme/billing/*"]))
        with pytest.raises(ssl.SSLCertVerificationError, match="spiffe://acme/api/one, which is not expected"):
            ask(running.port, billing)
        with pytest.raises(httpx.ConnectError, match="not expected"):
            httpx.get(f"https://localhost:{running.port}/", verify=billing)


def test_who_shows_a_certificate_is_told_to_the_application_and_others_are_refused(
    acme: Authorities, tmp_path: Path
) -> None:
    api, gateway, worker = (service(acme, role) for role in ("api", "gateway", "worker"))
    with serving(Tls(api.files, Peers(["spiffe://acme/gateway/*"]))) as running:
        assert ask(running.port, client_context(gateway.files)).body["peer"] == "spiffe://acme/gateway/one"
        refused = ask(running.port, client_context(worker.files))
        assert refused.status == 403
        assert "spiffe://acme/worker/one may not call here" in refused.body["detail"]
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
            ask(running.port, trusting(acme.trusted))
        foreign = service(authorities(tmp_path / "other"), "gateway").files
        with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
            ask(running.port, client_context(Files(foreign.certificate, foreign.key, acme.trusted)))


def test_a_certificate_that_has_ended_is_refused_on_either_side(
    acme: Authorities, tmp_path: Path, clock: Clock
) -> None:
    of = authorities(tmp_path / "past", clock)
    clock.pass_by(timedelta(days=-3))
    ended = service(of, "gateway").files
    clock.pass_by(timedelta(days=3))
    with pytest.raises(UnusableCertificate, match=r"holds from .* to .* which is not now: renew it"):
        server_context(ended)
    with serving(Tls(service(of, "api").files, Peers(["spiffe://acme/gateway/*"]))) as running:
        raw = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # a client that does not look at its own
        raw.load_verify_locations(of.trusted)
        raw.load_cert_chain(ended.certificate, ended.key)
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_EXPIRED"):
            ask(running.port, raw)


def test_a_connection_ends_with_its_clients_certificate(acme: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + DAY

    gateway = service(acme, "gateway")
    with (
        serving(Tls(service(acme, "api").files, Peers(["spiffe://acme/gateway/*"]))) as running,
        closing(
            http.client.HTTPSConnection("localhost", running.port, context=client_context(gateway.files))
        ) as connection,
    ):

        def ask_again() -> tuple[int, bytes]:
            connection.request("GET", "/")
            answer = connection.getresponse()
            return answer.status, answer.read()

        assert [ask_again()[0], ask_again()[0]] == [200, 200]
        monkeypatch.setattr(served, "datetime", Tomorrow)
        status, said = ask_again()
        assert (status, b"your certificate ended at" in said) == (401, True)


def test_new_files_are_taken_up_and_unusable_ones_are_not(acme: Authorities, caplog: pytest.LogCaptureFixture) -> None:
    api = service(acme, "api")
    trusted = trusting(acme.trusted)
    with serving(Tls(api.files)) as running, caplog.at_level(logging.WARNING):
        first = ask(running.port, trusted).serial
        api.renew(anyway=True)
        second = ask(running.port, trusted).serial
        assert second != first
        api.files.key.write_bytes(service(acme, "worker").files.key.read_bytes())
        assert ask(running.port, trusted).serial == second
        assert "the certificate before stays in force" in caplog.text
        api.files.certificate.unlink()
        assert ask(running.port, trusted).serial == second
        api.renew()
        assert ask(running.port, trusted).serial not in (first, second)


def test_who_is_no_longer_trusted_is_refused_without_a_restart(acme: Authorities, tmp_path: Path) -> None:
    api, gateway = service(acme, "api"), service(acme, "gateway")
    other = authorities(tmp_path / "other")
    other.keep()
    with serving(Tls(api.files, Peers(["spiffe://acme/gateway/*"]))) as running:
        trusted = Path(shutil.copy(acme.trusted, tmp_path / "kept.pem"))
        shown = Files(gateway.files.certificate, gateway.files.key, trusted)
        assert ask(running.port, client_context(shown)).status == 200
        acme.trusted.write_bytes(other.trusted.read_bytes())
        with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
            ask(running.port, client_context(shown))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda files: files.key.unlink(), "the key .* cannot be read: No such file"),
        (lambda files: files.certificate.unlink(), "the certificate .* cannot be read: No such file"),
        (lambda files: files.certificate.write_text("none"), "holds no certificate in PEM"),
        (lambda files: files.key.write_text("none"), "the key .* is not for"),
    ],
)
def test_files_that_cannot_be_used_are_named_at_the_start(acme: Authorities, wrong: object, reason: str) -> None:
    files = service(acme, "api").files
    wrong(files)  # type: ignore[operator]
    with pytest.raises(UnusableCertificate, match=reason):
        server(APP, "127.0.0.1", 0, tls=Tls(files))


def test_off_loopback_there_must_be_tls_and_known_callers(acme: Authorities) -> None:
    assert check_bind("192.0.2.1", tls=True, authenticated=True) == "192.0.2.1"
    with pytest.raises(RefusedBind, match=r"in clear \(a section \[tls\]"):
        check_bind("192.0.2.1", authenticated=True)
    with pytest.raises(RefusedBind, match=r"not authenticated \(`required = true` under \[trust\]"):
        server(APP, "0.0.0.0", 0, tls=Tls(service(acme, "api").files))


def test_who_comes_while_new_files_are_read_waits_for_what_they_say(acme: Authorities) -> None:
    api = service(acme, "api")
    old, new = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    begun, go_on = threading.Event(), threading.Event()
    found: list[ssl.SSLContext] = []

    def build() -> ssl.SSLContext:
        if not building:
            return old
        begun.set()
        go_on.wait(20)
        return new

    def shake() -> None:
        found.append(followed.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True).context)

    building = False
    followed = FollowedContext(ssl.PROTOCOL_TLS_SERVER, api.files, build)
    building = True
    api.renew(anyway=True)
    first, second = threading.Thread(target=shake), threading.Thread(target=shake)
    first.start()
    begun.wait(20)
    second.start()
    second.join(0.3)
    go_on.set()
    for thread in (first, second):
        thread.join()
    assert found == [new, new]
