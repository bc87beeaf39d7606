"""`pivot serve` with a configuration for the lab."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from customer import free_port
from media import until
from process import Program

REPOSITORY = Path(__file__).resolve().parents[2]


def find_or_build(path):
    """The `pivot` to test: the one that was named, else one that is built, else a fresh build."""
    if path:
        return Path(path).resolve()
    for kind in ("release", "debug"):
        built = REPOSITORY / "target" / kind / "pivot"
        if built.exists():
            return built
    if not shutil.which("cargo"):
        raise RuntimeError("there is no target/release/pivot and no cargo to build it: name one with --pivot PATH")
    print("building pivot (cargo build) ...", flush=True)
    subprocess.run(["cargo", "build"], cwd=REPOSITORY, check=True)
    return REPOSITORY / "target/debug/pivot"


class Server:
    def __init__(self, binary, work, settings):
        """`settings`: values by "section.key", over those of the lab."""
        self.binary, self.work = binary, work
        self.port = free_port(socket.SOCK_STREAM)
        values = {
            "esl.listen": f"127.0.0.1:{self.port}",
            "esl.linger_s": 5,
            "pivot.request_timeout_ms": 1500,
            "dial.gateways": ["lab-phone"],
            "dial.sip": "sofia/lab/{uri}",
            "dial.timeout_s": 20,
            "http.allow_cidrs": ["127.0.0.0/8"],
            "outbox.retry_first_ms": 200,
            "media.listen": f"127.0.0.1:{free_port(socket.SOCK_STREAM)}",
            "media.cache": str(work / "media"),
            "stream.listen": f"127.0.0.1:{free_port(socket.SOCK_STREAM)}",
            "stream.start": "uuid_audio_stream {uuid} start {url} {mix} {rate}",
            "stream.stop": "uuid_audio_stream {uuid} stop",
            "store.path": str(work / "pivot.sqlite"),
            "server.drain_s": 3,
            "log.level": "info,pivot=debug",
            **settings,
        }
        self.config = work / "pivot.toml"
        self.config.write_text(toml(values))
        self.program = None

    def start(self, timeout=20, **settings):
        """`settings`: environment variables over the configuration file."""
        # No setting of the person who runs the lab may leak in.
        env = {name: value for name, value in os.environ.items() if not name.startswith("PIVOT_")}
        env.update(settings)
        self.program = Program([self.binary, "serve", "--config", self.config], self.work / "pivot.log", env=env, cwd=self.work)

        def ready():
            if not self.program.running():
                raise RuntimeError(f"pivot ended at once:\n{self.log()[-3000:]}")
            try:
                # The lab's own knock: pivot takes it for a switch that says nothing.
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return True
            except OSError:
                return False

        if not until(ready, timeout, every=0.1):
            raise RuntimeError(f"pivot does not listen after {timeout} s:\n{self.log()[-3000:]}")

    def restart(self, **settings):
        self.start(**settings)

    def kill(self):
        """kill -9: no chance to tidy up."""
        self.program.kill()

    def terminate(self):
        """SIGTERM, and waits until it has gone. Gives the exit code."""
        self.program.signal(signal.SIGTERM)
        return self.program.wait(30)

    def stop(self):
        if self.program:
            self.program.stop(10)

    def log(self):
        path = self.work / "pivot.log"
        text = path.read_text(errors="replace") if path.exists() else ""
        return re.sub(r"\x1b\[[0-9;]*m", "", text)


def toml_value(value):
    """JSON's strings, numbers, booleans and lists are TOML's; its objects are not."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml_value(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)


def toml(values):
    """A configuration file from values by "section.key"."""
    sections = {}
    for name, value in values.items():
        section, key = name.split(".")
        sections.setdefault(section, []).append(f"{key} = {toml_value(value)}")
    return "\n".join(f"[{name}]\n" + "\n".join(lines) + "\n" for name, lines in sections.items())
