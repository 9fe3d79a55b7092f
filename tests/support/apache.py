"""A real Apache with mod_auth_openidc, Debian's relying party in C, started for a test and gone with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgres import end_with_parent, free_port

START_SECONDS = 20
MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "mime", "auth_openidc")

CONFIGURATION = """
ServerName localhost
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
LogLevel warn
Listen 127.0.0.1:{port}
DefaultRuntimeDir {folder}
{modules}
{user}
DocumentRoot {folder}/site
DirectoryIndex index.html
TypesConfig /dev/null
AddType text/html .html
{oidc}
<Directory {folder}/site>
  Require all granted
</Directory>
<Location /callback>
  AuthType openid-connect
  Require valid-user
</Location>
<Location /desk>
  AuthType openid-connect
  Require valid-user
</Location>
"""
PAGE = "<!doctype html><html lang=en><title>{0}</title><link rel=icon href=data:,><h1>{0}</h1>"


class Apache:
    """One server. ``directives`` are those of mod_auth_openidc; pages are ``/desk/`` (protected) and ``/out/``."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.origin = f"http://localhost:{port}"
        self.folder = Path(tempfile.mkdtemp(prefix="beacon-apache-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, directives: dict[str, str]) -> None:
        """Write the configuration and serve."""
        for name in ("desk", "out"):
            (self.folder / "site" / name).mkdir(parents=True)
            (self.folder / "site" / name / "index.html").write_text(PAGE.format(f"The {name}"))
        program, user = shutil.which("apache2"), ""
        assert program and (MODULES / "mod_auth_openidc.so").exists(), "apt-get install libapache2-mod-auth-openidc"
        if os.geteuid() == 0:
            user = "User www-data\nGroup www-data"
            shutil.chown(self.folder, "www-data")
            self.folder.chmod(0o755)
        configuration = self.folder / "apache.conf"
        configuration.write_text(
            CONFIGURATION.format(
                folder=self.folder,
                port=self.port,
                user=user,
                modules="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NEEDED),
                oidc="\n".join(f"{name} {value}" for name, value in directives.items()),
            )
        )
        with (self.folder / "error.log").open("ab") as log:
            command = [program, "-f", str(configuration), "-DFOREGROUND"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=end_with_parent)
        self._wait()

    def stop(self) -> None:
        """End it and remove what it wrote."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(START_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def complaints(self) -> str:
        """What it wrote into its error log."""
        return (self.folder / "error.log").read_text(errors="replace")

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"Apache did not start:\n{self.complaints}")


@contextmanager
def apache() -> Iterator[Apache]:
    """A server on a free port; start it with its directives."""
    server = Apache(free_port())
    try:
        yield server
    finally:
        server.stop()
