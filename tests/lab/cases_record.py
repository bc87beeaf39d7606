"""Callers who are recorded. They speak a tone of 700 Hz."""

import time

from bench import case
from cases_listen import our_goodbye

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}


def recording_in(trial, request, name="RecordingUrl"):
    """The recording that a request names: seconds, share of the caller's tone."""
    url = request.params.get(name) or ""
    trial.check(url, f"{name} is missing in {request}")
    return trial.recording(url.rsplit("/", 1)[1])


@case("record", TWIML)
def key(trial):
    """Record: beep, a key ends it; action and status callback name the file"""
    trial.give("start", "record.xml")
    trial.give("recorded", "hangup.xml")
    trial.give("ready", "hangup.xml")
    caller = trial.call(speaks=700)
    trial.check(caller.handset.wait_for(440, 0.3), "no beep was heard")
    time.sleep(2.2)
    caller.handset.type("#")
    our_goodbye(trial, caller)
    request = trial.asked("recorded")[0]
    trial.equal(request.params.get("Digits"), "#", "Digits")
    trial.check(request.params.get("RecordingDuration") in ("2", "3"), f"RecordingDuration is {request.params.get('RecordingDuration')}")
    seconds, pitch = recording_in(trial, request)
    trial.about(seconds, 1.7, 3.2, "seconds recorded")
    trial.about(pitch, 0.8, 1, "share of the caller's tone in the recording")
    trial.equal(trial.asked("ready")[0].params.get("RecordingStatus"), "completed", "RecordingStatus")


@case("record-silence", TWIML)
def silence(trial):
    """Record ends after two seconds of silence"""
    trial.give("start", "record-silence.xml")
    trial.give("recorded", "hangup.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    request = trial.asked("recorded")[0]
    taken = request.at - trial.asked("start")[0].at
    trial.about(taken, 1.5, 5.0, "seconds until silence ended the recording")


@case("record-limit", {"pivot_method": "post", "pivot_req_format": "plivo"})
def limit(trial):
    """Plivo Record ends at maxLength"""
    trial.give("start", "record-plivo.xml")
    trial.give("recorded", "hangup.xml")
    caller = trial.call(speaks=700)
    our_goodbye(trial, caller)
    seconds, pitch = recording_in(trial, trial.asked("recorded")[0], "RecordUrl")
    trial.about(seconds, 2.5, 3.5, "seconds recorded")
    trial.about(pitch, 0.9, 1, "share of the caller's tone in the recording")


@case("record-piston")
def piston(trial):
    """record_caller: the following pivot request names the recording, and so does the CDR"""
    trial.give("start", "record-caller.json")
    trial.give("recorded", "hangup.json")
    caller = trial.call(speaks=700)
    trial.done(caller)
    seconds, pitch = recording_in(trial, trial.asked("recorded")[0], "Recording-Url")
    trial.about(seconds, 4.5, 5.6, "seconds recorded")
    trial.about(pitch, 0.9, 1, "share of the caller's tone in the recording")
    cdr = trial.cdr(Hung_Up_By="us")
    trial.check(any(name.startswith("Media-Recordings") for name in cdr), f"no Media-Recordings in {cdr}")
