"""The bench on which cases are tried: switch, server and customer, and what a case does with them."""

import json
import shutil
import time
import traceback
import wave
from array import array
from pathlib import Path

from customer import Answer, Customer
from media import FRAME, strength, tone, until
from phones import Sip
from server import Server
from switch import Switch, extension

DOCUMENTS = Path(__file__).parent / "cases"
CASES = []


class Failed(Exception):
    """A case did not go as it should."""


class Skipped(Exception):
    """A case needs what this switch does not have."""


def case(name, variables=None, number=None, actions=None, alone=False):
    """Registers a case. Calls to `name` get the pivot variables and go to context `pivot` as a call to
    `number`, or do `actions` instead. A case that stops or starts things runs `alone`."""

    def register(function):
        CASES.append(Case(name, function, variables or {}, number, actions, alone))
        return function

    return register


class Case:
    def __init__(self, name, function, variables, number, actions, alone):
        self.name, self.function, self.variables = name, function, variables
        self.number, self.actions, self.alone = number, actions, alone
        self.skipped = None

    @property
    def summary(self):
        return (self.function.__doc__ or "").strip().split("\n")[0]

    def extension(self, web):
        """Its part of the dialplan."""
        usual = {
            "pivot_account_id": "lab",
            "pivot_voice_url": web + f"/{self.name}/start",
            "pivot_cdr_url": web + f"/{self.name}/cdr",
        }
        merged = {**usual, **self.variables}
        values = {key: value.replace("{web}", web + f"/{self.name}") for key, value in merged.items() if value is not None}
        to = self.number or self.name
        return extension(self.name, values, self.actions or [("transfer", f"{to} XML pivot")])


class Bench:
    """Everything that runs while cases are tried."""

    def __init__(self, options, freeswitch, pivot, work):
        self.options, self.work = options, work
        self.customer = Customer()
        web = self.customer.url("")
        fs = work / "freeswitch"
        self._callflows(web, work / "callflows")
        self.server = Server(pivot, work, {
            "callflows.dir": str(work / "callflows"),
            "media.sounds": str(fs / "sounds"),
            "media.recordings": str(fs / "recordings"),
            # FreeSWITCH's own modules: a command for speech, and a recogniser for tests (cases_speech.py).
            "speech.ssml": ["tts_commandline"],
            "speech.voices": {"fr": {"engine": "tts_commandline", "voice": "fr-fr"}, "en-GB": {"engine": "tts_commandline", "voice": "en-gb"}},
            "speech.recogniser": "test",
            "speech.grammar": "{start-input-timers=false,partial=true,vad-silence-ms=300}{language}",
            "speech.recogniser_parameters": {"result": "{hints}", "no-input-timeout": "2000"},
        })
        # For the cases that call pivot in their own way.
        pivot = f'  <X-PRE-PROCESS cmd="set" data="lab_pivot=127.0.0.1:{self.server.port}"/>\n'
        extensions = pivot + "".join(case.extension(web) for case in CASES)
        conf = Path(__file__).resolve().parents[2] / "freeswitch-conf"
        # The first host is dead: every call shows that the second one is tried at once.
        hosts = f"127.0.0.1:9|127.0.0.1:{self.server.port}"
        self.switch = Switch(freeswitch, conf, fs, hosts, extensions)

    def start(self):
        for hertz in (500, 600, 800):
            write_wave(self.switch.sounds / f"tone-{hertz}.wav", tone(hertz, 1.0))
        write_wave(self.switch.sounds / "tone-600-long.wav", tone(600, 8.0))
        self.server.start()
        self.switch.wait_until_ready()
        self.speech = self.switch.api("module_exists mod_flite") == "true"
        self.command_speaks = bool(shutil.which("espeak-ng")) and self.switch.load("mod_tts_commandline")
        self.recognises = self.switch.load("mod_test")

    def stop(self):
        for part in (self.server, self.switch, self.customer):
            try:
                part.stop() if hasattr(part, "stop") else part.close()
            except Exception:  # the others must still be ended
                traceback.print_exc()

    def try_case(self, case):
        """Runs one case. Gives its faults (none: passed) and how long it took."""
        trial, started = Trial(self, case), time.monotonic()
        faults = []
        try:
            case.function(trial)
        except Failed as fault:
            faults = [str(fault)]
        except Skipped as reason:
            case.skipped = str(reason)
        except Exception as fault:  # a case that breaks has failed, and says where
            faults = ["".join(traceback.format_exception(fault))]
        finally:
            trial.close()
        if faults:
            faults += trial.evidence()
        return faults, time.monotonic() - started

    def _callflows(self, web, folder):
        folder.mkdir()
        for file in sorted((DOCUMENTS / "callflows").glob("*.json")):
            (folder / file.name).write_text(file.read_text().replace("{{web}}", web))


class Trial:
    """One case being tried: its phones, its corner of the web server, what it expects."""

    def __init__(self, bench, case):
        self.bench, self.case, self.name = bench, case, case.name
        self.customer, self.switch, self.server = bench.customer, bench.switch, bench.server
        self.phones = []
        self.folder = bench.work / "cases" / case.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.give("cdr", Answer("ok", "txt"))

    # The customer

    def url(self, page=""):
        return self.customer.url(f"/{self.name}/{page}")

    def give(self, page, *answers, **values):
        """What the web server answers: names of files in cases/, or `Answer`s."""
        self.customer.give(f"/{self.name}/{page}", *[self.answer(a, **values) for a in answers])

    def answer(self, document, **values):
        if isinstance(document, Answer):
            return document
        text = (DOCUMENTS / document).read_text()
        for key, value in {"web": self.customer.url(f"/{self.name}"), **values}.items():
            text = text.replace("{{" + key + "}}", str(value))
        return Answer(text, document.rsplit(".", 1)[1])

    def asked(self, page, count=1, timeout=10):
        """Waits for requests for a page."""
        requests = self.customer.wait(f"/{self.name}/{page}", count, timeout)
        if len(requests) < count:
            raise Failed(f"{len(requests)} requests for /{page} within {timeout} s, expected {count}")
        return requests

    def not_asked(self, page):
        found = self.customer.seen(f"/{self.name}/{page}")
        if found:
            raise Failed(f"/{page} was requested, which should not have happened: {found[0]}")

    def cdr(self, timeout=15, page="cdr", **expected):
        """Waits for the call's CDR and compares fields; `_` in a name stands for `-`."""
        fields = self.asked(page, timeout=timeout)[0].fields
        for name, value in {"Account_ID": "lab", **expected}.items():
            name = name.replace("_", "-")
            found = fields.get(name)
            good = value(found) if callable(value) else found == value
            if not good:
                raise Failed(f"CDR: {name} is {found!r}{'' if callable(value) else f', expected {value!r}'}")
        time.sleep(0.3)
        if len(self.customer.seen(f"/{self.name}/{page}")) > 1:
            raise Failed("the CDR was sent again after a 200")
        return fields

    # The phones

    def call(self, scenario="caller_listens", number=None, **options):
        """A caller dials this case (or a number)."""
        return self._phone(scenario, target=self.switch.sip_port, number=number or self.name, **options)

    def callee(self, scenario, **options):
        """A phone that waits for a call; behind the gateway `lab-phone` when `gateway` is true."""
        if options.pop("gateway", False):
            options["port"] = self.switch.phone_port
        phone = self._phone(scenario, **options)
        time.sleep(0.3)  # SIPp has to open its port
        return phone

    def _phone(self, scenario, **options):
        phone = Sip(self.folder, scenario, **options)
        self.phones.append(phone)
        return phone

    def done(self, *phones):
        """Waits until SIPp has seen everything of its scenario."""
        for phone in phones:
            code = phone.wait()
            if code != 0:
                raise Failed(f"SIPp {phone.scenario} ended with {code}; the INVITE was answered {phone.codes()}; see {phone.id}.errors")

    # Expectations

    def check(self, good, what):
        if not good:
            raise Failed(what)

    def needs_module(self, name):
        """Loads a module of the switch; without it the case is skipped."""
        if self.switch.api(f"module_exists {name}") != "true" and "+OK" not in self.switch.api(f"load {name}"):
            raise Skipped(f"the switch has no {name}")

    def equal(self, found, expected, what):
        if found != expected:
            raise Failed(f"{what}: {found!r}, expected {expected!r}")

    def about(self, found, low, high, what):
        if not low <= found <= high:
            raise Failed(f"{what}: {found:.2f}, expected {low} to {high}")

    def heard(self, phone, hertz, low, high=60.0):
        """How long a phone heard a pitch, seconds."""
        self.about(phone.handset.seconds_of(hertz), low, high, f"seconds of {hertz} Hz that {phone.scenario} heard")

    def said(self, phone, low, high=60.0):
        """How long a phone heard anything: for speech, whose pitch nobody knows."""
        self.about(phone.handset.seconds_of_sound(), low, high, f"seconds of sound that {phone.scenario} heard")

    def server_logged(self, text, timeout=5):
        """Waits until pivot's log has a line with this text about this run."""
        self.check(until(lambda: text in self.server.log(), timeout, 0.1), f"pivot's log does not say {text!r}")

    def recording(self, name):
        """Seconds, and the share of 700 Hz, of a recording."""
        (channel,) = self.channels(name)
        return len(channel) / 8000, share(channel, 700)

    def channels(self, name):
        """The samples of each channel of a recording, at 8 kHz."""
        with wave.open(str(self.switch.recordings / name)) as file:
            samples = array("h", file.readframes(file.getnframes()))
            self.equal(file.getframerate(), 8000, f"rate of {name}")
            count = file.getnchannels()
        return [samples[at::count] for at in range(count)]

    def close(self):
        for phone in self.phones:
            phone.close()

    def evidence(self):
        """What helps to understand a failure."""
        requests = [r for r in self.customer.requests if r.path.startswith(f"/{self.name}/")]
        lines = [f"customer: {request}"[:300] for request in requests[:12]]
        for phone in self.phones:
            spoken = [m.first for m in phone.messages()]
            lines.append(f"{phone.id}: {' · '.join(spoken)}")
        return lines


def share(samples, hertz):
    """The share of 20 ms pieces in which a pitch is heard."""
    frames = [samples[i : i + FRAME] for i in range(0, len(samples) - FRAME, FRAME)]
    return sum(strength(frame, hertz) > 0.5 for frame in frames) / max(1, len(frames))


def write_wave(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(array("h", samples).tobytes())
