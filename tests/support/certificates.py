"""Certificates of servers on the loopback: good, expired, or by an authority that nobody trusts."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Who signs certificates; its own stands in ``path`` (PEM) for those who trust it."""

    path: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def ca_file(self) -> str:
        """What a client trusts it by."""
        return str(self.path)

    def server_context(self, *, host: str = "127.0.0.1", ended_days_ago: int = 0) -> ssl.SSLContext:
        """TLS of a server with a certificate of this authority for this host, past its time where that is asked for."""
        folder = self.path.parent / uuid4().hex
        folder.mkdir()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certify(folder, host=host, days=-ended_days_ago or 1))
        return context

    def certify(self, directory: Path, *, host: str = "127.0.0.1", days: int = 1) -> tuple[Path, Path]:
        """A server's certificate and key (PEM files in ``directory``), good for so many days; -1: expired yesterday."""
        key = ec.generate_private_key(ec.SECP256R1())
        ends_at = datetime.now(UTC) + days * _DAY
        certificate = (
            x509.CertificateBuilder(serial_number=x509.random_serial_number())
            .subject_name(_name("server"))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .not_valid_before(ends_at - 10 * _DAY)
            .not_valid_after(ends_at)
            .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        certificate_path, key_path = directory / "server.pem", directory / "server.key"
        certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate_path, key_path


def new_authority(directory: Path) -> Authority:
    """An authority of its own, whose certificate stands in ``directory``, which is made if need be."""
    directory.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(serial_number=x509.random_serial_number())
        .subject_name(_name("authority"))
        .issuer_name(_name("authority"))
        .public_key(key.public_key())
        .not_valid_before(now - 30 * _DAY)
        .not_valid_after(now + 30 * _DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "authority.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(path, certificate, key)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
