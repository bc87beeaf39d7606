"""Test phones: SIPp speaks SIP, a `Handset` speaks and hears."""

import itertools
import re
import threading
import time
from pathlib import Path

from customer import free_port
from media import Handset, until
from process import Program

SCENARIOS = Path(__file__).parent / "scenarios"
_numbers = itertools.count(1)


class Message:
    """One SIP message in SIPp's log."""

    def __init__(self, sent, text):
        self.sent = sent
        head, _, self.body = text.replace("\r\n", "\n").partition("\n\n")
        self.first, *lines = head.split("\n")
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.headers.setdefault(name.strip().lower(), value.strip())

    @property
    def code(self):
        """The status code of a response, 0 for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def method(self):
        return "" if self.code else self.first.split()[0]

    def media_port(self):
        found = re.search(r"^m=audio (\d+)", self.body, re.M)
        return int(found.group(1)) if found else None


class Sip:
    """One SIPp with one scenario, as a caller (`number` given) or as a callee."""

    def __init__(self, work, scenario, target=None, number=None, port=None, wait_ms=0, name='"Lab Caller"', user="4930111", code=None, speaks=0, limit=25):
        self.id = f"{scenario}-{next(_numbers)}"
        self.handset = Handset(speaks)
        self.port = port or free_port()
        self.scenario = scenario
        text = (SCENARIOS / f"{scenario}.xml").read_text().replace("@CODE@", str(code or ""))
        script = work / f"{self.id}.xml"
        script.write_text(text)
        self._messages = work / f"{self.id}.messages"
        command = ["sipp", "-sf", script, "-i", "127.0.0.1", "-p", self.port, "-m", 1, "-l", 1, "-nostdin", "-nd"]
        command += ["-d", wait_ms, "-timeout", f"{limit}s", "-timeout_error", "-recv_timeout", limit * 1000]
        command += ["-trace_msg", "-message_file", self._messages, "-trace_err", "-error_file", work / f"{self.id}.errors"]
        command += ["-key", "rtp_port", self.handset.port, "-key", "from_name", name, "-key", "from_user", user]
        if number is not None:
            command += ["-s", number, f"127.0.0.1:{target}"]
        self.started = time.monotonic()
        self.program = Program(command, work / f"{self.id}.out", cwd=work)
        self._limit = limit
        self._over = threading.Event()
        threading.Thread(target=self._connect_media, daemon=True).start()

    def messages(self):
        """What was sent and received so far."""
        try:
            text = self._messages.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        parts = re.split(r"^-{20,} .*\n", text, flags=re.M)
        found = (re.match(r"\S+ message (sent|received).*?:\n\n(.*)", part, re.S) for part in parts)
        return [Message(m.group(1) == "sent", m.group(2)) for m in found if m and m.group(2).strip()]

    def received(self):
        return [message for message in self.messages() if not message.sent]

    def codes(self):
        """The status codes that answered the INVITE, in order, without repeats."""
        codes = [m.code for m in self.received() if m.code and m.headers.get("cseq", "").endswith("INVITE")]
        return [code for code, _ in itertools.groupby(codes)]

    def got(self, method):
        """The first request of a kind that came, or None."""
        return next((m for m in self.received() if m.method == method), None)

    def saw(self, code, timeout=10):
        """Waits for a response."""
        return until(lambda: any(m.code == code for m in self.received()), timeout, 0.05)

    def wait(self):
        """SIPp's verdict: 0 if everything came as its scenario says."""
        code = self.program.wait(self._limit + 5)
        self.ended = time.monotonic()
        return code

    def close(self):
        self._over.set()
        self.program.stop(2)
        self.handset.close()

    def _connect_media(self):
        while not self._over.is_set() and not self.handset.peer:
            ports = [m.media_port() for m in self.received()]
            port = next(filter(None, ports), None)
            if port:
                self.handset.peer = ("127.0.0.1", port)
            time.sleep(0.05)
