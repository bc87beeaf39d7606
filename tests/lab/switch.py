"""A FreeSWITCH of our own: the files of freeswitch-conf/ in a temporary directory, on free ports."""

import random
import re
import shutil
import socket
import time
from pathlib import Path
from xml.sax.saxutils import quoteattr

from customer import free_port
from media import until
from process import Program


class Switch:
    def __init__(self, binary, conf, work, pivot_hosts, extensions):
        """`extensions`: XML for the dialplan context `lab`, before everything else there."""
        self.work = work
        self.sip_port, self.phone_port = free_port(), free_port()
        self.esl_port = free_port(socket.SOCK_STREAM)
        for name in ("log", "db", "run", "cache", "recordings", "sounds", "storage", "temp", "scripts", "certs"):
            (work / name).mkdir(parents=True, exist_ok=True)
        self.recordings, self.sounds = work / "recordings", work / "sounds"
        self._lay_out(conf, work / "conf", pivot_hosts, extensions)
        paths = {name: work / name for name in ("conf", "log", "db", "run", "cache", "recordings", "sounds", "storage", "temp", "scripts", "certs")}
        command = [binary, "-nf", "-nc", "-nonat", "-np"]
        for name, path in paths.items():
            command += [f"-{name}", path]
        self.program = Program(command, work / "freeswitch.out", cwd=work)

    def _lay_out(self, conf, target, pivot_hosts, extensions):
        shutil.copytree(conf, target, ignore=shutil.ignore_patterns("lab", "*.md"))
        shutil.copytree(conf / "lab", target, dirs_exist_ok=True)
        first_rtp = random.randrange(20000, 29000, 2)
        change = [
            ("sip_profiles/lab.xml", "lab_sip_port=5090", f"lab_sip_port={self.sip_port}"),
            ("sip_profiles/lab.xml", "lab_phone_port=5091", f"lab_phone_port={self.phone_port}"),
            ("autoload_configs/event_socket.conf.xml", 'value="8021"', f'value="{self.esl_port}"'),
            ("autoload_configs/switch.conf.xml", 'value="40000"', f'value="{first_rtp}"'),
            ("autoload_configs/switch.conf.xml", 'value="40400"', f'value="{first_rtp + 400}"'),
            ("dialplan/pivot/settings.xml", "pivot_hosts=127.0.0.1:8084|127.0.0.1:8085", f"pivot_hosts={pivot_hosts}"),
            ("dialplan/pivot/settings.xml", "pivot_takeover_s=10", "pivot_takeover_s=3"),
        ]
        for name, old, new in change:
            path = target / name
            text = path.read_text()
            if text.count(old) != 1:
                raise RuntimeError(f"{name}: expected {old!r} once")
            path.write_text(text.replace(old, new))
        (target / "dialplan/lab").mkdir(exist_ok=True)
        (target / "dialplan/lab/cases.xml").write_text(f"<include>\n{extensions}</include>\n")

    def wait_until_ready(self, timeout=40):
        def ready():
            if not self.program.running():
                raise RuntimeError(f"freeswitch ended at once:\n{self.program.text()[-2000:]}")
            try:
                return "is ready" in self.api("status") and "RUNNING" in self.api("sofia status")
            except OSError:
                return False

        if not until(ready, timeout, every=0.2):
            raise RuntimeError(f"freeswitch is not ready after {timeout} s:\n{self.log()[-2000:]}")

    def api(self, command):
        """One API command over the inbound event socket."""
        with socket.create_connection(("127.0.0.1", self.esl_port), timeout=5) as link:
            stream = link.makefile("rwb")
            read_headers(stream)
            stream.write(b"auth ClueCon\n\n")
            stream.flush()
            read_headers(stream)
            stream.write(f"api {command}\n\n".encode())
            stream.flush()
            while True:
                headers = read_headers(stream)
                body = stream.read(int(headers.get("Content-Length", 0))).decode("utf-8", "replace")
                if headers.get("Content-Type") == "api/response":
                    return body

    def load(self, module):
        """Loads a module that not every FreeSWITCH has; False if it is not there."""
        self.api(f"load {module}")
        return self.api(f"module_exists {module}") == "true"

    def calls(self):
        """How many channels are up."""
        found = re.search(r"(\d+) session\(s\) -", self.api("status"))
        return int(found.group(1))

    def log(self):
        path = self.work / "log/freeswitch.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self):
        try:
            self.api("fsctl shutdown now")
            self.program.wait(5)
        except OSError:
            pass
        self.program.stop(5)


def read_headers(stream):
    headers = {}
    while True:
        line = stream.readline()
        if not line:
            raise OSError("freeswitch closed the event socket")
        if line == b"\n":
            return headers
        name, _, value = line.decode().partition(":")
        headers[name] = value.strip()


def extension(name, variables, actions):
    """A dialplan extension for one dialled name."""
    sets = [("set", f"{key}={value}") for key, value in variables.items()]
    lines = [f"      <action application={quoteattr(app)} data={quoteattr(data)}/>\n" for app, data in sets + actions]
    condition = f'    <condition field="destination_number" expression="^{re.escape(name)}$">\n'
    return f"  <extension name={quoteattr('case ' + name)}>\n{condition}{''.join(lines)}    </condition>\n  </extension>\n"


def moment():
    return time.strftime("%H:%M:%S")


def ensure(path: Path):
    path.mkdir(parents=True, exist_ok=True)
    return path
