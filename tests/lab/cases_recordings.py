"""Recordings: who is told of them and when, what is in their files, and those that are made beside the call. Callers speak 700 Hz."""

import re
import time

from bench import case, share
from cases_listen import our_goodbye
from media import until

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}
PLIVO = {"pivot_method": "post", "pivot_req_format": "plivo"}


def file_in(trial, request, name):
    url = request.params.get(name) or ""
    trial.check(url, f"{name} is missing in {request}")
    return url.rsplit("/", 1)[1]


def number(request, name):
    return int(request.params.get(name) or "-2")


@case("record-told", TWIML)
def told(trial):
    """Record: in-progress and completed with all parameters; silence is cut from both ends of the file"""
    trial.give("start", "record-told.xml")
    trial.give("recorded", "hangup.xml")
    trial.give("ready", "hangup.xml")
    caller = trial.call(speaks=0)
    begun = trial.asked("ready")[0].params
    trial.equal(begun.get("RecordingStatus"), "in-progress", "RecordingStatus")
    trial.check(re.fullmatch("RE[0-9a-f]{32}", begun.get("RecordingSid") or ""), f"RecordingSid is {begun.get('RecordingSid')}")
    time.sleep(1.5)
    caller.handset.voice(700)
    time.sleep(1.5)
    caller.handset.voice(0)
    time.sleep(1.5)
    caller.handset.type("#")
    our_goodbye(trial, caller)
    done = trial.asked("ready", 2)[1]
    for name, value in {"RecordingStatus": "completed", "RecordingChannels": "1", "RecordingSource": "RecordVerb", "RecordingTrack": "inbound"}.items():
        trial.equal(done.params.get(name), value, name)
    trial.equal(done.params.get("RecordingSid"), begun.get("RecordingSid"), "RecordingSid")
    trial.about(number(done, "RecordingDuration"), 4, 5, "RecordingDuration, before trimming")
    seconds, pitch = trial.recording(file_in(trial, done, "RecordingUrl"))
    trial.about(seconds, 1.5, 2.0, "seconds left after trimming")
    trial.about(pitch, 0.8, 1, "share of the caller's tone in the recording")


@case("record-told-plivo", PLIVO)
def told_plivo(trial):
    """Plivo Record: callbackUrl is told when the caller has hung up, with real values"""
    trial.give("start", "record-plivo-told.xml", format="wav")
    trial.give("recorded", "hangup.xml")
    trial.give("ready", "hangup.xml")
    caller = trial.call("caller_leaves", wait_ms=2500, speaks=700)
    trial.done(caller)
    request = trial.asked("ready")[0]
    trial.about(number(request, "RecordingDurationMs"), 1500, 3000, "RecordingDurationMs")
    span = number(request, "RecordingEndMs") - number(request, "RecordingStartMs")
    trial.equal(span, number(request, "RecordingDurationMs"), "RecordingEndMs - RecordingStartMs")
    trial.about(abs(number(request, "RecordingStartMs") / 1000 - time.time()), 0, 30, "seconds since RecordingStartMs")
    trial.check(re.fullmatch("[0-9a-f-]{36}", request.params.get("RecordingID") or ""), f"RecordingID is {request.params.get('RecordingID')}")
    seconds, pitch = trial.recording(file_in(trial, request, "RecordUrl"))
    trial.about(pitch, 0.9, 1, "share of the caller's tone in the recording")


@case("record-mp3", PLIVO)
def mp3(trial):
    """fileFormat mp3: an mp3 where mod_shout is loaded, else wav, and the URL says which"""
    trial.give("start", "record-plivo-told.xml", format="mp3")
    trial.give("recorded", "hangup.xml")
    trial.give("ready", "hangup.xml")
    trial.call("caller_leaves", wait_ms=2000, speaks=700)
    name = file_in(trial, trial.asked("ready")[0], "RecordUrl")
    path = trial.switch.recordings / name
    trial.check(until(path.exists, 2, 0.1), f"there is no {name}")
    head = path.read_bytes()[:3]
    if name.endswith(".wav"):
        trial.equal(head, b"RIF", f"the beginning of {name}")
        trial.server_logged("writes no mp3 files")
    else:
        trial.check(head == b"ID3" or head[:1] == b"\xff", f"{name} begins with {head}")


@case("record-unwritable", TWIML, alone=True)
def unwritable(trial):
    """A folder that cannot be written to: told as absent, and the call goes on"""
    trial.server.stop()
    trial.server.restart(PIVOT_MEDIA__RECORDINGS="/proc/no-such-folder")
    try:
        trial.give("start", "record-told.xml")
        trial.give("recorded", "hangup.xml")
        trial.give("ready", "hangup.xml")
        caller = trial.call(speaks=700)
        our_goodbye(trial, caller)
        trial.equal(trial.asked("ready")[0].params.get("RecordingStatus"), "absent", "RecordingStatus")
        trial.equal(trial.asked("recorded")[0].params.get("RecordingDuration"), "0", "RecordingDuration")
        trial.server_logged("cannot write wav files")
    finally:
        trial.server.stop()
        trial.server.restart()


@case("record-transcribed", TWIML, alone=True)
def transcribed(trial):
    """transcribeCallback: what the operator's command says of the file, also after a restart in between"""
    trial.server.stop()
    trial.server.restart(PIVOT_TRANSCRIPTION__COMMAND='["sh", "-c", "sleep 3; wc -c < \\"$0\\"", "{file}"]')
    try:
        trial.give("start", "record-transcribed.xml")
        trial.give("recorded", "hangup.xml")
        trial.give("text", "hangup.xml")
        caller = trial.call("caller_leaves", wait_ms=4000, speaks=700)
        trial.done(caller)
        trial.asked("recorded")
        trial.server.kill()
        trial.not_asked("text")
        trial.server.restart(PIVOT_TRANSCRIPTION__COMMAND='["sh", "-c", "wc -c < \\"$0\\"", "{file}"]')
        params = trial.asked("text")[0].params
        trial.equal(params.get("TranscriptionStatus"), "completed", "TranscriptionStatus")
        path = trial.switch.recordings / (params.get("RecordingUrl") or "").rsplit("/", 1)[1]
        trial.equal(params.get("TranscriptionText"), str(path.stat().st_size), "the text")
        trial.check(re.fullmatch("TR[0-9a-f]{32}", params.get("TranscriptionSid") or ""), f"TranscriptionSid is {params.get('TranscriptionSid')}")
    finally:
        trial.server.stop()
        trial.server.restart()


@case("dial-recorded", TWIML, alone=True)
def dual(trial):
    """Dial record-from-answer-dual: the caller in the first channel, the callee in the second, no ringing"""
    callee = trial.callee("callee_leaves", gateway=True, wait_ms=2500, speaks=900)
    trial.give("start", "dial-recorded.xml")
    trial.give("dialled", "hangup.xml")
    trial.give("ready", "hangup.xml")
    caller = trial.call(speaks=700)
    our_goodbye(trial, caller)
    trial.done(callee)
    request = trial.asked("ready")[0]
    for name, value in {"RecordingStatus": "completed", "RecordingChannels": "2", "RecordingSource": "DialVerb"}.items():
        trial.equal(request.params.get(name), value, name)
    trial.equal(trial.asked("dialled")[0].params.get("RecordingUrl"), request.params.get("RecordingUrl"), "RecordingUrl of the action")
    channels = trial.channels(file_in(trial, request, "RecordingUrl"))
    trial.equal(len(channels), 2, "channels")
    near, far = channels
    trial.about(len(near) / 8000, 1.8, 3.5, "seconds recorded")
    trial.about(abs(len(near) / 8000 - number(request, "RecordingDuration")), 0, 0.75, "seconds that RecordingDuration is wrong by")
    trial.about(share(near, 700), 0.7, 1, "share of the caller's tone in the first channel")
    trial.about(share(far, 900), 0.7, 1, "share of the callee's tone in the second channel")
    trial.about(share(near, 900) + share(far, 700), 0, 0.1, "share of the other side's tone")


@case("dial-recorded-hangup", TWIML, alone=True)
def dual_hangup(trial):
    """The caller hangs up in a recorded conversation: the recording is told with its length"""
    trial.callee("callee_answers", gateway=True, wait_ms=500, speaks=900)
    trial.give("start", "dial-recorded.xml")
    trial.give("dialled", "hangup.xml")
    trial.give("ready", "hangup.xml")
    trial.call("caller_leaves", wait_ms=4000, speaks=700)
    request = trial.asked("ready")[0]
    channels = trial.channels(file_in(trial, request, "RecordingUrl"))
    trial.equal(len(channels), 2, "channels")
    trial.about(abs(len(channels[0]) / 8000 - number(request, "RecordingDuration")), 0, 0.75, "seconds that RecordingDuration is wrong by")


@case("record-session", PLIVO)
def session(trial):
    """recordSession: action at once, the recording goes on over several elements until the caller hangs up"""
    trial.give("start", "record-session.xml", max=60)
    trial.give("begun", "hangup.xml")
    trial.give("ready", "hangup.xml")
    trial.call("caller_leaves", wait_ms=6000, speaks=700)
    begun = trial.asked("begun")[0]
    trial.equal(begun.params.get("RecordingDuration"), "-1", "RecordingDuration of the action")
    request = trial.asked("ready")[0]
    trial.equal(request.params.get("RecordingID"), begun.params.get("RecordingID"), "RecordingID")
    near, far = trial.channels(file_in(trial, request, "RecordUrl"))
    trial.about(len(near) / 8000, 5.0, 6.6, "seconds recorded")
    trial.about(abs(len(near) / 8 - number(request, "RecordingDurationMs")), 0, 300, "milliseconds that RecordingDurationMs is wrong by")
    trial.about(share(near, 700), 0.8, 1, "share of the caller's tone in the first channel")
    trial.about(share(far, 700), 0, 0.1, "share of the caller's tone in the second channel")


@case("record-session-limit", PLIVO)
def session_limit(trial):
    """recordSession ends at maxLength, to the moment, and is told then"""
    trial.give("start", "record-session.xml", max=3)
    trial.give("begun", "hangup.xml")
    trial.give("ready", "hangup.xml")
    trial.call("caller_leaves", wait_ms=7000, speaks=700)
    request = trial.asked("ready")[0]
    trial.about(request.at - trial.asked("begun")[0].at, 2.7, 4.0, "seconds from the beginning to the callback")
    trial.about(number(request, "RecordingDurationMs"), 2800, 3300, "RecordingDurationMs")


@case("start-recording", TWIML)
def start_stop(trial):
    """Start and Stop: two recordings beside the call and beside a Record; one is stopped, one ends with the call"""
    trial.give("start", "start-recording.xml")
    for page in ("recorded", "caller", "all"):
        trial.give(page, "hangup.xml")
    caller = trial.call(speaks=700)
    our_goodbye(trial, caller)
    first = trial.asked("caller")[0]
    seconds, pitch = trial.recording(file_in(trial, first, "RecordingUrl"))
    trial.about(seconds, 1.7, 2.5, "seconds until Stop")
    trial.about(pitch, 0.9, 1, "share of the caller's tone in the stopped recording")
    recorded = trial.asked("recorded")[0]
    trial.equal(recorded.params.get("RecordingDuration"), "2", "RecordingDuration of the Record")
    last = trial.asked("all")[0]
    near, far = trial.channels(file_in(trial, last, "RecordingUrl"))
    trial.about(abs(len(near) / 8000 - number(last, "RecordingDuration")), 0, 0.75, "seconds that RecordingDuration is wrong by")
    trial.about(len(near) / 8000, 3.7, 6.0, "seconds of the whole call")
