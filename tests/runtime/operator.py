"""A small operator whose whole platform really runs: `trunkline up` on a folder of the test's own, on free ports."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.systems import traps
from trunkline import starter
from trunkline.log import Log, Record
from trunkline.project import Project
from trunkline.systems.snmp import message

TRAPS = """\
name: traps
reach: snmp
listen: 127.0.0.1:{port}
communities: ["${{file:community}}"]
"""

VES = """\
name: ves
reach: ves
listen: 127.0.0.1:{port}
tls: false
users:
  - name: radio
    password: ${{file:password}}
"""

PM = """\
<?xml version="1.0" encoding="UTF-8"?>
<measCollecFile xmlns="http://www.3gpp.org/ftp/specs/archive/32_series/32.435#measCollec">
  <fileHeader fileFormatVersion="32.435 V10.0" vendorName="Ericsson AB" dnPrefix="SubNetwork=ACME">
    <fileSender localDn="{node}" elementType="RadioNode"/>
    <measCollec beginTime="{begin}"/>
  </fileHeader>
  <measData>
    <managedElement localDn="{node}" swVersion="1"/>
    <measInfo measInfoId="PM=1,PmGroup=EUtranCellFDD">
      <granPeriod duration="PT900S" endTime="{end}"/>
      <repPeriod duration="PT900S"/>
      <measType p="1">pmCellDowntimeAuto</measType>
      <measType p="2">pmCellDowntimeMan</measType>
      <measValue measObjLdn="ManagedElement={node},ENodeBFunction=1,EUtranCellFDD={node}-1">
        <r p="1">{down}</r>
        <r p="2">0</r>
      </measValue>
    </measInfo>
  </measData>
</measCollecFile>
"""


def pm_file(node: str, end: str, down: int = 0) -> str:
    """A measurement file of one Ericsson cell: `down` seconds out of service in the quarter of an hour to `end`."""
    return PM.format(node=node, begin=end, end=end, down=down)


class Operator:
    """A project folder with an inbox, a receiver of traps and a VES collector; `start` runs `trunkline up` on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.http, self.snmp, self.ves = free_ports(3)
        starter.create(folder, "acme")
        settings = folder / "trunkline.toml"
        settings.write_text(settings.read_text().replace("port = 8080", f"port = {self.http}"))
        inbox = folder / "systems" / "inbox.yaml"
        inbox.write_text(inbox.read_text() + "settle: 0\nevery: 0.1\n")
        (folder / "systems" / "traps.yaml").write_text(TRAPS.format(port=self.snmp))
        (folder / "systems" / "ves.yaml").write_text(VES.format(port=self.ves))
        for secret in ("community", "password"):
            (folder / secret).write_text("acme-secret")
            (folder / secret).chmod(0o600)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "up.log").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "trunkline", "up", "--project", str(self.folder)], stdout=output, stderr=output
            )

    def wait_until_up(self) -> None:
        until(lambda: self.get("/healthz") is not None, "the API answers")

    def stop(self) -> int:
        """Stop it as Ctrl-C does; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def processes(self) -> dict[str, int]:
        """The running processes by role, the supervisor as `up`."""
        assert self.process is not None
        found = {"up": self.process.pid}
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for child in children.read_text().split() if children.exists() else []:
            try:
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"trunkline" in words:
                # A child that was forked a moment ago still has its parent's words.
                found.setdefault(words[words.index(b"trunkline") + 1].decode(), int(child))
        return found

    def get(self, path: str) -> Any:
        """What the API answers; None while it does not, or knows nothing of it."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=5) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    def text(self, path: str) -> str:
        """What is served there, as it is."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def deliver(self, name: str, content: str) -> None:
        """Put a file into the inbox as a whole."""
        part = self.folder / "inbox" / f".{name}.part"
        part.write_text(content)
        part.rename(self.folder / "inbox" / name)

    def inform(self, sequence: int, cell: str, severity: int = 5, timeout: float = 1.0) -> bool:
        """Send an alarm of an Ericsson cell as an inform; whether it was acknowledged."""
        oid, variables = traps.eri(severity, sequence, object=f"ManagedElement=N,EUtranCellFDD={cell}".encode())
        datagram = message.notification(b"acme-secret", oid, variables.items(), request_id=sequence, inform=True)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.settimeout(timeout)
            sender.connect(("127.0.0.1", self.snmp))
            try:
                sender.send(datagram)
                answer = sender.recv(65_536)
            except OSError:
                return False
        # While nobody listens, the kernel may give this socket the very port that it sends to: it hears itself.
        return answer != datagram and message.decode(answer).pdu is message.Pdu.RESPONSE

    def records(self, topic: str) -> list[Record]:
        """Everything in a topic."""
        with self.log() as log:
            partitions = next(known.partitions for known in log.topics() if known.name == topic)
            found: list[Record] = []
            for partition in range(partitions):
                offset = 0
                while records := log.read(topic, partition, offset):
                    found += records
                    offset = records[-1].offset + 1
            return found

    @contextmanager
    def log(self) -> Iterator[Log]:
        log = Project(self.folder).open_log()
        try:
            yield log
        finally:
            log.close()


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def until(holds: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait until something holds; fails with `what` was waited for."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain until {what}"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
