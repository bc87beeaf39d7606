"""Conferences: several callers of one case, whose documents are given one after the other. Each speaks a
pitch of its own; a beep has 700 Hz, what is heard while waiting 600 Hz. They run alone,
because members are counted on the whole switch."""

import time
import wave
from array import array

from bench import case
from cases_listen import tone_file
from customer import Answer
from media import FRAME, strength, until

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}
PLIVO = {"pivot_method": "post", "pivot_req_format": "plivo"}


def document(trial, text):
    return Answer(f"<Response>{text.replace('{web}', trial.customer.url('/' + trial.name))}</Response>", "xml")


def goes(trial, caller):
    """Pivot ends the call. (Each call of a case has a CDR, so none is looked at.)"""
    trial.done(caller)
    trial.equal(caller.codes()[-1], 200, "answer to the INVITE")


def inside(trial, members, timeout=10):
    """Waits until the switch has so many members in one conference."""

    def there():
        return f"({members} member" in trial.switch.api("conference list summary")

    trial.check(until(there, timeout, 0.1), f"there are no {members} members in a conference")


def pitch_in(trial, url, hertz):
    """Seconds of a recording, and the share of a pitch in it."""
    with wave.open(str(trial.switch.recordings / url.rsplit("/", 1)[1])) as file:
        samples = array("h", file.readframes(file.getnframes()))
    frames = [samples[i : i + FRAME] for i in range(0, len(samples) - FRAME, FRAME)]
    return len(samples) / 8000, sum(strength(frame, hertz) > 0.5 for frame in frames) / max(1, len(frames))


def events(trial, page, name):
    """What was told, by its number if it has one."""
    told = [request.params for request in trial.customer.seen(f"/{trial.name}/{page}")]
    return [params[name] for params in sorted(told, key=lambda params: int(params.get("SequenceNumber", 0)))]


@case("conference-three", TWIML, alone=True)
def three(trial):
    """Three in a room: the first waits and hears its document, the third is muted, the second ends it for all"""
    tone_file(trial)
    status = (
        "statusCallback='{web}/status' statusCallbackEvent='start end join leave' record='record-from-start' "
        "recordingStatusCallback='{web}/recorded' trim='do-not-trim'"
    )
    trial.give("wait", document(trial, "<Play>{web}/tone.wav</Play><Redirect/>"))
    trial.give("status", Answer("", "txt", 204))
    trial.give("recorded", Answer("", "txt", 204))
    trial.give("left", document(trial, "<Hangup/>"))
    trial.give(
        "start",
        document(trial, f"<Dial action='{{web}}/left'><Conference beep='false' waitUrl='{{web}}/wait' {status}>three</Conference></Dial>"),
        document(trial, "<Dial><Conference endConferenceOnExit='true'>three</Conference></Dial>"),
        document(trial, "<Dial><Conference muted='true' beep='onExit'>three</Conference></Dial><Hangup/>"),
    )
    first = trial.call(speaks=900)
    trial.check(first.handset.wait_for(600, 0.5), "the first did not hear its wait document")
    second = trial.call("caller_leaves", wait_ms=6000)
    inside(trial, 2)
    third = trial.call(speaks=1100)
    inside(trial, 3)
    trial.done(second)
    goes(trial, first)
    goes(trial, third)
    trial.heard(second, 900, 2.0)
    trial.heard(second, 1100, 0, 0.1)
    trial.heard(third, 900, 1.0)
    trial.heard(first, 700, 0.1, 0.9)
    left = trial.asked("left")[0].params
    trial.equal(left.get("DialCallStatus"), "answered", "DialCallStatus")
    trial.equal(left.get("DialBridged"), "true", "DialBridged")
    trial.asked("status", 8)
    told = events(trial, "status", "StatusCallbackEvent")
    trial.equal(told[:4], ["participant-join", "participant-join", "conference-start", "participant-join"], "the first events")
    trial.equal(sorted(told[4:7]), ["participant-leave"] * 3, "the next events")
    trial.equal(told[7:], ["conference-end"], "the last event")
    last = [r.params for r in trial.customer.seen(f"/{trial.name}/status")]
    last = next(params for params in last if params["StatusCallbackEvent"] == "conference-end")
    trial.equal(last.get("ReasonConferenceEnded"), "participant-with-end-conference-on-exit-left", "ReasonConferenceEnded")
    recorded = trial.asked("recorded")[0].params
    trial.equal(recorded.get("RecordingStatus"), "completed", "RecordingStatus")
    trial.equal(recorded.get("RecordingSource"), "Conference", "RecordingSource")
    seconds, share = pitch_in(trial, recorded["RecordingUrl"], 900)
    trial.about(seconds, 4.0, 7.5, "seconds recorded")
    trial.about(share, 0.6, 1, "share of the first one's pitch in the recording")
    trial.about(abs(int(recorded["RecordingDuration"]) - seconds), 0, 1, "difference to RecordingDuration")


@case("conference-three-plivo", PLIVO, alone=True)
def three_plivo(trial):
    """Plivo: keys are told and relayed, star leaves, the moderator ends it"""
    tone_file(trial)
    trial.give("music", document(trial, "<Play>{web}/tone.wav</Play>"))
    trial.give("callback", Answer("", "txt"))
    trial.give("left", document(trial, "<Hangup/>"))
    trial.give("over", document(trial, "<Hangup/>"))
    trial.give(
        "start",
        document(
            trial,
            "<Conference action='{web}/left' waitSound='{web}/music' callbackUrl='{web}/callback' digitsMatch='12' hangupOnStar='true' "
            "enterSound='beep:1' record='true'>three</Conference>",
        ),
        document(trial, "<Conference endConferenceOnExit='true' enterSound='beep:1'>three</Conference>"),
        document(trial, "<Conference muted='true' action='{web}/over' exitSound='beep:2'>three</Conference>"),
    )
    first = trial.call(speaks=900)
    trial.check(first.handset.wait_for(600, 0.5), "the first did not hear its music")
    second = trial.call("caller_leaves", wait_ms=8000)
    inside(trial, 2)
    third = trial.call(speaks=1100)
    inside(trial, 3)
    trial.check(second.handset.wait_for(900, 1.0), "the second does not hear the first")
    first.handset.type("312")
    digits = lambda: [r for r in trial.customer.seen(f"/{trial.name}/callback") if r.params.get("ConferenceAction") == "digits"]
    trial.check(until(digits, 5), "the keys were not told")
    trial.equal(digits()[0].params.get("ConferenceDigitsMatch"), "12", "ConferenceDigitsMatch")
    first.handset.type("*")
    goes(trial, first)
    left = trial.asked("left")[0].params
    trial.equal(left.get("ConferenceName"), "three", "ConferenceName")
    trial.check(left.get("ConferenceMemberID") and left.get("RecordUrl"), f"the action was told {left}")
    trial.done(second)
    goes(trial, third)
    trial.asked("over")
    trial.heard(second, 1100, 0, 0.1)
    trial.heard(first, 700, 0.1, 0.9)
    keys = [key for _, key in second.handset.pressed]
    trial.check("".join(keys).startswith("312"), f"the second was sent the keys {keys}")
    trial.check(
        until(lambda: len([r for r in trial.customer.seen(f"/{trial.name}/callback") if r.params.get("ConferenceAction") == "record"]) == 2, 8),
        "the recording was not told twice",
    )
    actions = [r.params["ConferenceAction"] for r in trial.customer.seen(f"/{trial.name}/callback")]
    trial.equal(sorted(actions), ["digits", "enter", "exit", "record", "record"], "what the first's callback was told")


@case("conference-hangup-waiting", TWIML, alone=True)
def hangup_waiting(trial):
    """A caller who hangs up while waiting: its leaving and the room's end are told, nobody stays behind"""
    tone_file(trial)
    trial.give("wait", document(trial, "<Play>{web}/tone.wav</Play><Redirect/>"))
    trial.give("status", Answer("", "txt", 204))
    room = "waitUrl='{web}/wait' statusCallback='{web}/status' statusCallbackEvent='start end join leave'"
    trial.give("start", document(trial, f"<Dial><Conference {room}>waiting</Conference></Dial>"))
    caller = trial.call("caller_leaves", wait_ms=2500)
    trial.done(caller)
    trial.heard(caller, 600, 0.8)
    trial.asked("status", 3)
    told = events(trial, "status", "StatusCallbackEvent")
    trial.equal(told, ["participant-join", "participant-leave", "conference-end"], "the events")
    trial.cdr(Hung_Up_By="caller")


@case("conference-moderator", PLIVO, alone=True)
def moderator(trial):
    """Nobody begins before the moderator; whoever is left alone goes on with the next element"""
    tone_file(trial)
    waits = "<Conference startConferenceOnEnter='false' stayAlone='false' waitSound='{web}/music'>board</Conference><Hangup/>"
    trial.give("music", document(trial, "<Play>{web}/tone.wav</Play>"))
    trial.give(
        "start",
        document(trial, waits),
        document(trial, waits),
        document(trial, "<Conference endConferenceOnExit='true'>board</Conference>"),
    )
    first = trial.call(speaks=900)
    second = trial.call()
    for waiting in (first, second):
        trial.check(waiting.handset.wait_for(600, 1.0), "no music was heard")
    trial.heard(second, 900, 0, 0.1)
    third = trial.call("caller_leaves", wait_ms=3500, speaks=1100)
    inside(trial, 3)
    trial.done(third)
    for waiting in (first, second):
        goes(trial, waiting)
    trial.heard(third, 900, 1.0)
    trial.heard(first, 1100, 1.0)


@case("conference-party", PLIVO, alone=True)
def party(trial):
    """MultiPartyCall: the customer does not hear the supervisor who coaches the agent"""
    trial.give("status", Answer("", "txt"))
    trial.give("exit", document(trial, "<Hangup/>"))
    quiet = "enterSound='none' exitSound='none'"
    trial.give(
        "start",
        document(trial, f"<MultiPartyCall role='Agent' endMpcOnExit='true' statusCallbackUrl='{{web}}/status' {quiet}>deal</MultiPartyCall>"),
        document(trial, f"<MultiPartyCall role='Customer' onExitActionUrl='{{web}}/exit' {quiet}>deal</MultiPartyCall>"),
        document(trial, f"<MultiPartyCall role='Supervisor' {quiet}>deal</MultiPartyCall>"),
    )
    agent = trial.call("caller_leaves", wait_ms=8000)
    trial.asked("start", 1)
    time.sleep(0.5)
    customer = trial.call()
    inside(trial, 2)
    supervisor = trial.call(speaks=1100)
    inside(trial, 3)
    trial.check(agent.handset.wait_for(1100, 1.0), "the agent does not hear the supervisor")
    trial.done(agent)
    goes(trial, customer)
    trial.heard(customer, 1100, 0, 0.1)
    exit = trial.asked("exit")[0].params
    trial.equal(exit.get("ParticipantRole"), "customer", "ParticipantRole")
    trial.asked("status", 9)
    told = [request.params["EventName"] for request in trial.customer.seen(f"/{trial.name}/status")]
    for name in ("MPCInitialized", "MPCStart", "MPCEnd"):
        trial.equal(told.count(name), 1, name)
    trial.equal(told.count("ParticipantJoin"), 3, "ParticipantJoin")
    trial.done(supervisor)


@case("conference-party-queue", PLIVO, alone=True)
def party_queue(trial):
    """MultiPartyCall as a queue: the customer waits with music until an agent takes the call, then goes on"""
    tone_file(trial)
    quiet = "enterSound='none' exitSound='none'"
    trial.give("music", document(trial, "<Play>{web}/tone.wav</Play>"))
    trial.give("exit", document(trial, "<Play>{web}/tone.wav</Play><Hangup/>"))
    trial.give(
        "start",
        document(
            trial,
            f"<MultiPartyCall role='Customer' waitForAgent='true' waitMusicUrl='{{web}}/music' onExitActionUrl='{{web}}/exit' {quiet}>desk</MultiPartyCall>",
        ),
        document(trial, f"<MultiPartyCall role='Agent' endMpcOnExit='true' {quiet}>desk</MultiPartyCall>"),
    )
    customer = trial.call(speaks=700)
    trial.check(customer.handset.wait_for(600, 1.5), "the customer did not hear the music again")
    agent = trial.call("caller_leaves", wait_ms=5000, speaks=900)
    inside(trial, 2)
    trial.check(customer.handset.wait_for(900, 1.0), "the customer does not hear the agent")
    trial.check(agent.handset.wait_for(700, 1.0), "the agent does not hear the customer")
    since = time.monotonic()
    trial.done(agent)
    goes(trial, customer)
    exit = trial.asked("exit")[0].params
    trial.equal(exit.get("ParticipantRole"), "customer", "ParticipantRole")
    trial.about(customer.handset.seconds_of(600, since), 0.9, 1.15, "seconds of 600 Hz that the customer heard afterwards")
    trial.heard(agent, 600, 0, 0.1)
