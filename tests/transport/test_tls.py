"""TLS: which failures certainly come before anything was sent, and which do not."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from saleor_tiktok_stripe.transport.failures import classify


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that is its own authority, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "loopback.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextmanager
def listening(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(60)


def failure_of(url: str, certificate: Path | None) -> requests.RequestException:
    with pytest.raises(requests.RequestException) as failed:
        requests.post(url, b"{}", timeout=60, verify=str(certificate) if certificate else True)
    return failed.value


@pytest.mark.parametrize("last_bytes", [b"", b"no TLS record at all"])
def test_an_answer_that_breaks_off_after_the_request_is_in_doubt(certificate, last_bytes):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    received = []

    def take_and_die(connection: socket.socket) -> None:
        wrapped = context.wrap_socket(connection, server_side=True)
        received.append(wrapped.recv(65536))
        # Down at TCP, as a dying process or a broken proxy does: no TLS close_notify.
        with socket.socket(fileno=wrapped.detach()) as plain:
            plain.sendall(last_bytes)

    with listening(take_and_die) as url:
        failure = classify(failure_of(url, certificate))

    assert received[0].startswith(b"POST / HTTP/1.1")
    assert (failure.code, failure.sent) == ("BROKEN_OFF", True)


def test_a_wrong_certificate_is_met_before_anything_is_sent(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    received = []

    def handshake(connection: socket.socket) -> None:
        with suppress(ssl.SSLError):
            received.append(context.wrap_socket(connection, server_side=True).recv(65536))

    with listening(handshake) as url:
        failure = classify(failure_of(url, None))

    assert received == []
    assert (failure.code, failure.sent) == ("TLS_FAILED", False)
