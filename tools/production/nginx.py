"""deploy/nginx.conf for this machine alone: other ports, a certificate of its own, no root needed.

Whatever of the site changes here is replaced by name; that a replacement found nothing is an error,
so the trial always runs the file that production gets.
"""

import os
import pwd
import shutil
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "localhost"
_MAIN = """\
# Written by `make run-production`.
{user}worker_processes auto;
worker_rlimit_nofile 8192;
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{
    worker_connections 4096;
}}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    sendfile on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def program() -> str | None:
    """Where nginx is installed; None if it is not."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


def write(folder: Path, *, project: Path, port: int, http_port: int, https_port: int) -> Path:
    """The whole configuration; `port` is the web server's. Its main file."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate = _certificate(folder)
    site = (project / "deploy" / "nginx.conf").read_text()
    for old, new in {
        "https://backoffice.example.com$": f"https://{HOST}:{https_port}$",
        "/etc/letsencrypt/live/backoffice.example.com/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/backoffice.example.com/privkey.pem": str(folder / "key.pem"),
        "backoffice.example.com": HOST,
        "/srv/backoffice": str(project),
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{port};",
        "listen 80;": f"listen 127.0.0.1:{http_port};",
        "listen [::]:80;": "",
        "listen 443 ": f"listen 127.0.0.1:{https_port} ",
        "listen [::]:443 ssl http2;": "",
        "listen [::]:443 ssl default_server;": "",
    }.items():
        if old not in site:
            raise SystemExit(
                f"deploy/nginx.conf has no “{old}” any more: see tools/production/nginx.py."
            )
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    # Root's nginx would serve as www-data, whom nobody lets into a folder of the project.
    user = f"user {pwd.getpwuid(os.getuid()).pw_name};\n" if os.getuid() == 0 else ""
    main = folder / "nginx.conf"
    main.write_text(_MAIN.format(folder=folder, user=user))
    return main


def _certificate(folder: Path) -> Path:
    """For this machine, signed by itself, as long as it is good for a month to come."""
    file, now = folder / "certificate.pem", datetime.now(UTC)
    if file.exists():
        known = x509.load_pem_x509_certificate(file.read_bytes())
        if known.not_valid_after_utc > now + timedelta(days=30):
            return file
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    names = x509.SubjectAlternativeName(
        [x509.DNSName(HOST), x509.IPAddress(ip_address("127.0.0.1"))]
    )
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "key.pem").touch(mode=0o600)
    (folder / "key.pem").write_bytes(key.private_bytes(*private))
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return file
