"""A server of somebody else, on loopback: what it answers is up to the test, down to the single byte."""

from __future__ import annotations

import datetime
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = bytes | Callable[[socket.socket], None]


@dataclass(frozen=True)
class Asked:
    """A request that came in. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Elsewhere:
    """``answers`` maps a path to raw bytes, or to a function that writes to the connection."""

    origin: str
    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def gives(self, path: str, body: bytes | Any, status: str = "200 OK", **headers: str) -> str:
        """Answer ``path`` with ``body`` (JSON unless it is bytes). Returns the URL."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = {"Content_Type": "application/json", "Content_Length": str(len(raw))} | headers
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items() if value)
        self.answers[path] = f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + raw
        return self.origin + path

    def does(self, path: str, write: Callable[[socket.socket], None]) -> str:
        """Answer ``path`` by what ``write`` does. Returns the URL."""
        self.answers[path] = write
        return self.origin + path


@contextmanager
def elsewhere(certificate: Certificate | None = None, host: str = "localhost") -> Iterator[Elsewhere]:
    """A running server, with TLS where it has a certificate."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file)
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        server = Elsewhere(f"{'https' if context else 'http'}://{host}:{port}", port)
        threading.Thread(target=_open, args=(door, context, server), daemon=True).start()
        yield server
        door.shutdown(socket.SHUT_RDWR)


def _open(door: socket.socket, context: ssl.SSLContext | None, server: Elsewhere) -> None:
    with suppress(OSError):
        while True:
            line, _ = door.accept()
            threading.Thread(target=_serve, args=(line, context, server), daemon=True).start()


def _serve(line: socket.socket, context: ssl.SSLContext | None, server: Elsewhere) -> None:
    with suppress(OSError, ValueError), line, _secured(line, context) as plain:
        asked = _read(plain)
        server.asked.append(asked)
        answer = server.answers.get(asked.target, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        if isinstance(answer, bytes):
            plain.sendall(answer)
        else:
            answer(plain)


def _secured(line: socket.socket, context: ssl.SSLContext | None) -> socket.socket:
    """The line under TLS. Python leaks a socket whose peer is gone before it is wrapped, so the peer speaks first."""
    if context is None or not line.recv(1, socket.MSG_PEEK):
        return line
    return context.wrap_socket(line, server_side=True)


def _read(line: socket.socket) -> Asked:
    with line.makefile("rb") as lines:
        method, target, _ = lines.readline().decode().split(" ")
        headers = {}
        while (text := lines.readline().decode().strip()) != "":
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        return Asked(method, target, headers, lines.read(int(headers.get("content-length", "0"))))


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate with its key. ``file`` holds both as PEM."""

    file: Path
    x509: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.x509.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        return self.x509.public_bytes(serialization.Encoding.DER)


def certificate(folder: Path, *names: x509.GeneralName | str, subject: x509.Name | None = None) -> Certificate:
    """A certificate for these names; plain texts are host names or addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Elsewhere")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
    signed = made.sign(key, hashes.SHA256())
    file = folder / f"certificate-{signed.serial_number}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return Certificate(file, signed, key)


def _name(name: x509.GeneralName | str) -> x509.GeneralName:
    if isinstance(name, x509.GeneralName):
        return name
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
