"""Media streams: sound to a customer's server and back."""

import base64
import time

from bench import case
from customer import Answer
from media import LINEAR, mulaw, strength, tone
from talker import Talker

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}
PLIVO = {"pivot_method": "post", "pivot_req_format": "plivo"}


def samples(media):
    return [LINEAR[byte] for byte in base64.b64decode(media["payload"])]


def pitch(talker, hertz, last=50):
    """The share of a pitch in the last second that a server heard."""
    heard = [sample for message in talker.events("media")[-last:] for sample in samples(message["media"])]
    return strength(heard, hertz) if heard else 0.0


def payload(hertz, seconds):
    return base64.b64encode(bytes(map(mulaw, tone(hertz, seconds)))).decode()


def talk(trial, answer, document, **values):
    """A caller who says 700 Hz to a server that answers so."""
    talker = Talker(answer)
    trial.give("start", document, stream=talker.url, **values)
    trial.give("events", Answer("ok", "txt"))
    return talker


@case("stream-connect", TWIML)
def connect(trial):
    """Connect Stream without any module: both directions, keys, marks, clear, then the next verb; the call ends at once"""

    def answer(talker, message):
        if message["event"] == "start":
            sid = message["streamSid"]
            talker.say({"event": "media", "streamSid": sid, "media": {"payload": payload(500, 1.0)}})
            talker.say({"event": "mark", "streamSid": sid, "mark": {"name": "said"}})
        elif message["event"] == "mark" and message["mark"]["name"] == "said":
            talker.say({"event": "media", "media": {"payload": payload(800, 30.0)}})
            talker.say({"event": "mark", "mark": {"name": "cut"}})
            time.sleep(0.5)
            talker.say({"event": "clear"})
        elif message["event"] == "dtmf":
            talker.hang_up()

    talker = talk(trial, answer, "stream-connect.xml")
    try:
        caller = trial.call(speaks=700)
        trial.check(talker.wait_for("mark", 2), "no marks")
        trial.check(talker.wait_for("media", 75), "too little sound")
        trial.check(pitch(talker, 700) > 0.8, f"the server heard {pitch(talker, 700):.2f} of the caller")
        caller.handset.type("5")
        trial.check(talker.wait_for("dtmf"), "the key was not told")
        trial.done(caller)
        trial.cdr(Hangup_Cause="NORMAL_CLEARING", Hung_Up_By="us")
        trial.heard(caller, 500, 0.85, 1.1)
        trial.heard(caller, 800, 0.3, 0.8)
        trial.heard(caller, 600, 0.85, 1.15)
        started = talker.events("start")[0]["start"]
        trial.equal(started["tracks"], ["inbound"], "tracks")
        trial.equal(started["customParameters"], {"who": "lab"}, "parameters")
        trial.equal([m["mark"]["name"] for m in talker.events("mark")], ["said", "cut"], "marks")
        trial.equal(talker.events("dtmf")[0]["dtmf"]["digit"], "5", "key")
        media = talker.messages[3:]
        rate = len(talker.events("media")) / (media[-1][0] - media[0][0])
        trial.about(rate, 45, 55, "frames a second")
        told = [request.params["StreamEvent"] for request in trial.asked("events", 2)]
        trial.equal(told, ["stream-started", "stream-stopped"], "events")
    finally:
        talker.close()


@case("stream-twice", TWIML)
def twice(trial):
    """two Connect Streams one after the other; a third one behind a prompt is told as failed, and the switch lives"""

    def answer(talker, message):
        if message["event"] == "start":
            talker.say({"event": "media", "media": {"payload": payload(500, 0.5)}})
            talker.say({"event": "mark", "mark": {"name": "said"}})
        elif message["event"] == "mark":
            talker.hang_up()

    talker = talk(trial, answer, "stream-twice.xml")
    try:
        caller = trial.call(speaks=700)
        trial.done(caller)
        trial.equal(len(talker.events("start")), 2, "streams")
        trial.heard(caller, 500, 0.8, 1.2)
        trial.heard(caller, 600, 1.8, 2.2)
        told = [request.params["StreamEvent"] for request in trial.asked("events")]
        trial.equal(told, ["stream-error"], "events")
        trial.server_logged("works once in a call")
    finally:
        talker.close()


@case("stream-hangup", TWIML)
def hangup(trial):
    """the caller hangs up in a stream: `stop`, its event, the CDR"""
    talker = talk(trial, None, "stream-connect.xml")
    try:
        caller = trial.call("caller_leaves", wait_ms=2000, speaks=700)
        trial.done(caller)
        trial.check(talker.wait_for("stop"), "no stop")
        trial.cdr(Hung_Up_By="caller")
        told = [request.params["StreamEvent"] for request in trial.asked("events", 2)]
        trial.equal(told, ["stream-started", "stream-stopped"], "events")
    finally:
        talker.close()


@case("stream-plivo", PLIVO)
def plivo(trial):
    """Plivo's Stream, bidirectional, 16 kHz: playAudio, checkpoint, sendDTMF, streamTimeout"""

    def answer(talker, message):
        if message["event"] == "start":
            media = {"contentType": "audio/x-mulaw", "sampleRate": 8000, "payload": payload(500, 1.0)}
            talker.say({"event": "playAudio", "media": media})
            talker.say({"event": "checkpoint", "streamId": message["start"]["streamId"], "name": "said"})
        elif message["event"] == "playedStream":
            talker.say({"event": "sendDTMF", "dtmf": "42"})

    talker = talk(trial, answer, "stream-plivo.xml")
    try:
        caller = trial.call(speaks=700)
        trial.done(caller)
        trial.heard(caller, 500, 0.85, 1.1)
        trial.heard(caller, 600, 0.85, 1.15)
        trial.equal([key for _, key in caller.handset.pressed], ["4", "2"], "keys")
        start = talker.events("start")[0]["start"]
        trial.equal(start["mediaFormat"], {"encoding": "audio/x-l16", "sampleRate": 16000}, "format")
        trial.equal(len(base64.b64decode(talker.events("media")[5]["media"]["payload"])), 640, "bytes in a frame")
        told = [request.params["Event"] for request in trial.asked("events", 2)]
        trial.equal(told, ["StartStream", "StopStream"], "events")
    finally:
        talker.close()


@case("stream-refused", TWIML)
def refused(trial):
    """a stream to nobody, and one beside the call without a module: told, and the document goes on"""
    trial.give("start", "stream-refused.xml")
    trial.give("events", Answer("ok", "txt"))
    caller = trial.call()
    trial.done(caller)
    trial.heard(caller, 600, 0.85, 1.15)
    told = [request.params["StreamEvent"] for request in trial.asked("events", 2)]
    trial.equal(told, ["stream-error", "stream-error"], "events")
    trial.cdr(Hangup_Cause="NORMAL_CLEARING", Hung_Up_By="us")


@case("stream-module", TWIML)
def module(trial):
    """Start Stream by mod_audio_stream: both tracks beside a prompt, until Stop"""
    trial.needs_module("mod_audio_stream")
    talker = talk(trial, None, "stream-module.xml")
    try:
        caller = trial.call(speaks=700)
        trial.done(caller)
        trial.heard(caller, 600, 0.85, 1.15)
        trial.check(talker.wait_for("stop"), "no stop")
        trial.equal(talker.events("start")[0]["start"]["tracks"], ["inbound", "outbound"], "tracks")
        for track, hertz in (("inbound", 700), ("outbound", 600)):
            heard = [m["media"] for m in talker.events("media") if m["media"]["track"] == track]
            share = max(strength([s for media in heard[i : i + 25] for s in samples(media)], hertz) for i in range(0, max(1, len(heard) - 25), 5))
            trial.check(share > 0.8, f"the server heard {share:.2f} of {hertz} Hz on the {track} track of {len(heard)} frames")
        told = [request.params["StreamEvent"] for request in trial.asked("events", 2)]
        trial.equal(told, ["stream-started", "stream-stopped"], "events")
        trial.cdr(Hangup_Cause="NORMAL_CLEARING", Hung_Up_By="us")
    finally:
        talker.close()
