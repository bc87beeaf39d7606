"""Calls that are passed on: callees that answer, are busy, do not answer, refuse.

Callees behind the gateway share its one port, so these cases run alone; those dialled by SIP address
have ports of their own.
"""

from bench import case
from cases_listen import our_goodbye, tone_file
from media import until

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}
PLIVO = {"pivot_method": "post", "pivot_req_format": "plivo"}

# Callees behind whom a Plivo Dial goes on: case, scenario, its code, seconds of ringing, and what `action` is told.
NOT_MET = [
    ("dial-plivo-busy", "callee_refuses", 486, 15, {"DialStatus": "busy", "DialHangupCause": "USER_BUSY"}),
    ("dial-plivo-declined", "callee_refuses", 603, 15, {"DialStatus": "busy", "DialHangupCause": "CALL_REJECTED"}),
    ("dial-plivo-no-answer", "callee_rings", None, 5, {"DialStatus": "no-answer", "DialRingStatus": "true"}),
]

# Callers who hang up in a Dial: its document, who is told of the end, and what, in a conversation and while it
# rings. TwiML's Dial has answered by then, Plivo's has not.
LEAVE = {
    "twiml": (
        {**TWIML, "pivot_status_callback": "{web}/over"},
        "dial.xml",
        {"CallStatus": "completed", "SipResponseCode": "200"},
        ("caller_leaves", {"wait_ms": 2500}, "NORMAL_CLEARING", {"CallStatus": "completed"}),
    ),
    "plivo": (
        {**PLIVO, "pivot_hangup_url": "{web}/over"},
        "dial-plivo.xml",
        {"HangupCauseCode": "4000", "HangupSource": "Caller"},
        ("caller_cancels", {"code": 183, "wait_ms": 1500}, "ORIGINATOR_CANCEL", {"HangupCauseCode": "1000", "HangupSource": "Caller"}),
    ),
}


def conversation(trial, caller, callee, seconds):
    """Both heard each other: the caller speaks 700 Hz, the callee 900 Hz."""
    trial.heard(caller, 900, seconds)
    trial.heard(callee, 700, seconds)


def dialled(trial):
    return trial.asked("dialled")[0].params


@case("bridge", alone=True)
def bridge(trial):
    """Piston offnet: two people talk, the callee ends it; X- headers do not leak"""
    callee = trial.callee("callee_leaves", gateway=True, wait_ms=2000, speaks=900)
    trial.give("start", "dial-number.json", ring=20)
    caller = trial.call(speaks=700)
    trial.done(caller, callee)
    conversation(trial, caller, callee, 1.2)
    invite = callee.got("INVITE")
    trial.check("x-caller-secret" not in invite.headers, "the caller's X- header reached the callee")
    trial.check(invite.first.startswith("INVITE sip:+4930555@"), f"dialled {invite.first}")
    cdr = trial.cdr(Hangup_Cause="NORMAL_CLEARING", Billing_Seconds=lambda s: 1 <= int(s) <= 4)
    trial.check(cdr.get("Other-Leg-Call-ID"), f"the CDR does not name the other leg: {cdr}")


@case("dial-twiml", TWIML, alone=True)
def twiml(trial):
    """Dial with callerId: the action learns that it was completed, and how long; the document goes on"""
    tone_file(trial)
    callee = trial.callee("callee_leaves", gateway=True, wait_ms=2000, speaks=900)
    trial.give("start", "dial.xml", ring=15, caller_id="+4930999")
    trial.give("dialled", "tone-hangup.xml")
    caller = trial.call(speaks=700)
    our_goodbye(trial, caller)
    trial.done(callee)
    conversation(trial, caller, callee, 1.2)
    trial.heard(caller, 600, 0.9)
    params = dialled(trial)
    trial.equal(params.get("DialCallStatus"), "completed", "DialCallStatus")
    trial.check(params.get("DialCallDuration") in ("1", "2", "3"), f"DialCallDuration is {params.get('DialCallDuration')}")
    trial.check("4930999" in callee.got("INVITE").headers["from"], "callerId did not reach the callee")


@case("dial-busy", alone=True)
def busy(trial):
    """offnet to a busy callee takes the child USER_BUSY"""
    callee = trial.callee("callee_refuses", gateway=True, code=486)
    trial.give("start", "dial-number.json", ring=20)
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.done(callee)
    trial.heard(caller, 500, 0.9, 1.15)


@case("dial-refused", alone=True)
def refused(trial):
    """offnet to a callee who declines takes the child sip:603"""
    callee = trial.callee("callee_refuses", gateway=True, code=603)
    trial.give("start", "dial-number.json", ring=20)
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.done(callee)
    trial.heard(caller, 800, 0.9, 1.15)


@case("dial-no-answer", alone=True)
def no_answer(trial):
    """offnet to a callee who lets it ring takes the child NO_ANSWER after the ring time"""
    callee = trial.callee("callee_rings", gateway=True)
    trial.give("start", "dial-number.json", ring=3)
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.done(callee)
    trial.heard(caller, 600, 0.9, 1.15)
    trial.check(callee.got("CANCEL"), "the callee got no CANCEL")
    rang = trial.asked("cdr")[0].at - trial.asked("start")[0].at
    trial.about(rang, 3.5, 6.5, "seconds from the request to the CDR")


@case("dial-twiml-busy", TWIML, alone=True)
def twiml_busy(trial):
    """Dial to a busy callee: DialCallStatus=busy, and the caller stays"""
    tone_file(trial)
    callee = trial.callee("callee_refuses", gateway=True, code=486)
    trial.give("start", "dial.xml", ring=15, caller_id="")
    trial.give("dialled", "tone-hangup.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.done(callee)
    trial.equal(dialled(trial).get("DialCallStatus"), "busy", "DialCallStatus")
    trial.heard(caller, 600, 0.9)


@case("dial-twiml-no-answer", TWIML, alone=True)
def twiml_no_answer(trial):
    """Dial to a callee who does not answer: DialCallStatus=no-answer"""
    callee = trial.callee("callee_rings", gateway=True)
    trial.give("start", "dial.xml", ring=5, caller_id="")
    trial.give("dialled", "hangup.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.done(callee)
    trial.equal(dialled(trial).get("DialCallStatus"), "no-answer", "DialCallStatus")
    trial.said(caller, 1.0)  # ringing: two seconds in six


@case("dial-plivo", PLIVO, alone=True)
def plivo(trial):
    """Plivo Dial: two people talk; DialStatus and both legs' ids reach the action, the document goes on"""
    tone_file(trial)
    callee = trial.callee("callee_leaves", gateway=True, wait_ms=2000, speaks=900)
    trial.give("start", "dial-plivo.xml", ring=10)
    trial.give("dialled", "tone-hangup.xml")
    caller = trial.call(speaks=700)
    our_goodbye(trial, caller)
    trial.done(callee)
    conversation(trial, caller, callee, 1.2)
    trial.heard(caller, 600, 0.9)
    params = dialled(trial)
    trial.equal(params.get("DialStatus"), "completed", "DialStatus")
    trial.check(params.get("DialBLegUUID") and params.get("DialALegUUID") == params.get("CallUUID"), f"legs in {params}")


def not_met(name, scenario, code, ring, told):
    @case(name, PLIVO, alone=True)
    def trying(trial):
        """Plivo Dial to somebody who cannot be met: DialStatus says why, and the caller stays"""
        tone_file(trial)
        callee = trial.callee(scenario, gateway=True, code=code)
        trial.give("start", "dial-plivo.xml", ring=ring)
        trial.give("dialled", "tone-hangup.xml")
        caller = trial.call()
        our_goodbye(trial, caller)
        trial.done(callee)
        params = dialled(trial)
        for field, value in {**told, "DialBLegUUID": ""}.items():
            trial.equal(params.get(field), value, field)
        trial.heard(caller, 600, 0.9, 1.15)


for row in NOT_MET:
    not_met(*row)


def caller_leaves(dialect, variables, document, told, ringing):
    def left(trial, caller, callee, farewell, cause, told):
        trial.done(caller, callee)
        trial.check(callee.got(farewell), f"the callee got no {farewell}")
        trial.cdr(Hangup_Cause=cause, Hung_Up_By="caller")
        over = trial.asked("over")[0].params
        for field, value in told.items():
            trial.equal(over.get(field), value, field)
        trial.not_asked("dialled")

    @case(f"dial-{dialect}-left", variables, alone=True)
    def talking(trial):
        """the caller hangs up in a conversation: the callee gets a BYE, the end is told, action is not asked"""
        callee = trial.callee("callee_answers", gateway=True, wait_ms=300, speaks=900)
        trial.give("start", document, ring=15, caller_id="")
        trial.give("over", "hangup.xml")
        caller = trial.call("caller_leaves", wait_ms=2500, speaks=700)
        trial.check(caller.handset.wait_for(900, 0.5), "the callee was not heard")
        left(trial, caller, callee, "BYE", "NORMAL_CLEARING", told)
        conversation(trial, caller, callee, 0.8)

    scenario, options, cause, told_of_ringing = ringing

    @case(f"dial-{dialect}-left-ringing", variables, alone=True)
    def while_ringing(trial):
        """the caller hangs up while the phone rings: it is let go, the end is told, action is not asked"""
        callee = trial.callee("callee_rings", gateway=True)
        trial.give("start", document, ring=15, caller_id="")
        trial.give("over", "hangup.xml")
        caller = trial.call(scenario, **options)
        left(trial, caller, callee, "CANCEL", cause, told_of_ringing)


for dialect, row in LEAVE.items():
    caller_leaves(dialect, *row)


@case("dial-on-bridge", TWIML, alone=True)
def on_bridge(trial):
    """answerOnBridge: the caller is answered when the callee is, and not before"""
    callee = trial.callee("callee_answers", gateway=True, wait_ms=2000, speaks=900)
    trial.give("start", "dial-on-bridge.xml")
    trial.give("dialled", "hangup.xml")
    caller = trial.call("caller_leaves", wait_ms=1500, speaks=700)
    trial.check(callee.saw(200, 0.1) or until(lambda: any(m.code == 200 for m in callee.messages()), 10), "the callee never answered")
    trial.done(caller, callee)
    conversation(trial, caller, callee, 0.8)
    trial.equal(caller.codes()[-1], 200, "last answer to the INVITE")
    trial.check(len(caller.codes()) > 2, f"no ringing before the answer: {caller.codes()}")
    cdr = trial.cdr(Hung_Up_By="caller", Billing_Seconds=lambda s: 1 <= int(s) <= 2)
    trial.check(int(cdr["Duration-Seconds"]) > int(cdr["Billing-Seconds"]), f"durations in {cdr}")


@case("dial-star", TWIML, alone=True)
def star(trial):
    """hangupOnStar: the caller leaves the conversation with * and the document goes on"""
    callee = trial.callee("callee_answers", gateway=True, wait_ms=300, speaks=900)
    trial.give("start", "dial-star.xml")
    trial.give("dialled", "hangup.xml")
    caller = trial.call()
    trial.check(caller.handset.wait_for(900, 0.5), "the callee was not heard")
    caller.handset.type("1*")
    our_goodbye(trial, caller)
    trial.done(callee)
    trial.equal(dialled(trial).get("DialCallStatus"), "completed", "DialCallStatus")


@case("dial-limit", TWIML, alone=True)
def limit(trial):
    """timeLimit ends the conversation, and the document goes on"""
    callee = trial.callee("callee_answers", gateway=True, wait_ms=200, speaks=900)
    trial.give("start", "dial-limit.xml")
    trial.give("dialled", "hangup.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.done(callee)
    trial.heard(caller, 900, 1.5, 3.2)


@case("dial-two", TWIML)
def two(trial):
    """two phones ring together: one answers, the other is let go"""
    first, second = trial.callee("callee_rings"), trial.callee("callee_answers", wait_ms=1500, speaks=900)
    trial.give("start", "dial-two.xml", first=first.port, second=second.port)
    trial.give("dialled", "hangup.xml")
    caller = trial.call("caller_leaves", wait_ms=4000, speaks=700)
    trial.done(caller, first, second)
    conversation(trial, caller, second, 1.0)
    trial.check(first.got("CANCEL"), "the losing phone got no CANCEL")
    trial.cdr(Hung_Up_By="caller")


@case("dial-two-fail", TWIML)
def two_fail(trial):
    """two phones ring together: one is busy, the other declines"""
    first, second = trial.callee("callee_refuses", code=486), trial.callee("callee_refuses", code=603)
    trial.give("start", "dial-two.xml", first=first.port, second=second.port)
    trial.give("dialled", "hangup.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.done(first, second)
    trial.equal(dialled(trial).get("DialCallStatus"), "busy", "DialCallStatus")


@case("dial-header", TWIML)
def header(trial):
    """a header that a document names reaches the callee, quotes and braces included"""
    callee = trial.callee("callee_leaves", wait_ms=700)
    trial.give("start", "dial-header.xml", first=callee.port)
    trial.give("dialled", "hangup.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.done(callee)
    trial.equal(callee.got("INVITE").headers.get("x-order"), "it's \"42\", {safe}", "X-Order")
