"""Callers who hang up early, at each stage of a call."""

from bench import case
from cases_listen import tone_file
from customer import Answer

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}
PLIVO = {"pivot_method": "post", "pivot_req_format": "plivo"}
SLOW = {"pivot_req_timeout_ms": "10000"}


def slow(trial, page="start"):
    """A web server that takes its time."""
    trial.give(page, Answer('{"module": "hangup", "data": {}}', "json", delay=8))


def left(trial, caller, cause="NORMAL_CLEARING", within=3.0, **more):
    """The caller was let go, and the CDR came soon after."""
    trial.done(caller)
    cdr = trial.cdr(Hangup_Cause=cause, Hung_Up_By="caller", **more)
    came = trial.asked("cdr")[0].at
    trial.about(came - caller.ended, -1.0, within, "seconds from the caller's goodbye to the CDR")
    return cdr


@case("leave-before-answer", SLOW)
@case("leave-before-answer-twiml", {**TWIML, **SLOW})
@case("leave-before-answer-plivo", {**PLIVO, **SLOW})
def before_answer(trial):
    """CANCEL while the first request is under way: 487, and the request is dropped at once"""
    slow(trial)
    caller = trial.call("caller_cancels", code=100, wait_ms=700)
    left(trial, caller, "ORIGINATOR_CANCEL", Billing_Seconds="0")
    trial.equal(caller.codes()[-1], 487, "last answer to the INVITE")


@case("leave-in-early-media", {"pivot_req_format": "plivo"})
def early_media(trial):
    """CANCEL during early media"""
    tone_file(trial)
    trial.give("start", "early-media-long.xml")
    caller = trial.call("caller_cancels", code=183, wait_ms=900)
    left(trial, caller, "ORIGINATOR_CANCEL", Billing_Seconds="0")
    trial.heard(caller, 600, 0.3)


@case("leave-in-request", {**TWIML, **SLOW})
@case("leave-in-request-plivo", {**PLIVO, **SLOW})
def request(trial):
    """BYE while an answered call waits for the next document"""
    tone_file(trial)
    trial.give("start", "tone-redirect-slow.xml")
    slow(trial, "slow")
    caller = trial.call("caller_leaves", wait_ms=2000)
    left(trial, caller)
    trial.asked("slow")


@case("leave-in-prompt")
def prompt(trial):
    """BYE during a prompt"""
    trial.give("start", "long-prompt.json")
    caller = trial.call("caller_leaves", wait_ms=1200)
    left(trial, caller, Billing_Seconds=lambda s: 1 <= int(s) <= 3)
    trial.heard(caller, 600, 0.7, 1.6)


@case("leave-before-redirect", TWIML)
def before_redirect(trial):
    """BYE during a prompt: the Redirect after it is not asked any more"""
    tone_file(trial)
    trial.give("start", "prompt-redirect.xml")
    caller = trial.call("caller_leaves", wait_ms=1200)
    left(trial, caller)
    trial.not_asked("next")


@case("leave-in-collect", TWIML)
def collect(trial):
    """BYE while a key is awaited: the action is not asked"""
    tone_file(trial)
    trial.give("start", "gather-hash.xml")
    caller = trial.call("caller_leaves", wait_ms=2500)
    caller.handset.wait_for(600, 0.3)
    caller.handset.type("1")
    left(trial, caller)
    trial.not_asked("typed")
    trial.not_asked("nothing-typed")


@case("leave-in-record", TWIML)
def record(trial):
    """BYE during a recording: its action hears of it, with Digits=hangup"""
    trial.give("start", "record.xml")
    trial.give("recorded", "hangup.xml")
    trial.give("ready", "hangup.xml")
    caller = trial.call("caller_leaves", wait_ms=2500, speaks=700)
    left(trial, caller)
    request = trial.asked("recorded")[0]
    trial.equal(request.params.get("Digits"), "hangup", "Digits")
    trial.equal(request.params.get("CallStatus"), "completed", "CallStatus")
    seconds, _ = trial.recording(request.params["RecordingUrl"].rsplit("/", 1)[1])
    trial.about(seconds, 1.0, 2.6, "seconds recorded")


@case("leave-in-ringing", alone=True)
def ringing(trial):
    """CANCEL while the dialled phone rings: it is let go, too"""
    callee = trial.callee("callee_rings", gateway=True)
    trial.give("start", "dial-number.json", ring=20)
    caller = trial.call("caller_cancels", code=183, wait_ms=1500)
    left(trial, caller, "ORIGINATOR_CANCEL", Billing_Seconds="0")
    trial.done(callee)
    trial.check(callee.got("CANCEL"), "the callee got no CANCEL")


@case("leave-in-bridge", alone=True)
def bridge(trial):
    """BYE during a conversation: the callee gets a BYE"""
    callee = trial.callee("callee_answers", gateway=True, wait_ms=300)
    trial.give("start", "dial-number.json", ring=20)
    caller = trial.call("caller_leaves", wait_ms=1500)
    cdr = left(trial, caller)
    trial.done(callee)
    trial.check(callee.got("BYE"), "the callee got no BYE")
    trial.check(cdr.get("Other-Leg-Call-ID"), f"the CDR does not name the other leg: {cdr}")
