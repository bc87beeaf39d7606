"""Callers whose phone is sent elsewhere, who hear themselves, and what is told of the end."""

from bench import case

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}
PLIVO = {"pivot_method": "post", "pivot_req_format": "plivo"}


def referred(trial, caller, **told):
    """The phone was sent to alice, and the follow-up says how that went."""
    trial.done(caller)
    refer = caller.got("REFER")
    trial.check(refer.headers["refer-to"].strip("<>").startswith("sip:alice@127.0.0.1:5099"), f"Refer-To is {refer.headers['refer-to']}")
    request = trial.asked("referred")[0]
    for name, value in told.items():
        trial.equal(request.params.get(name), value, name)
    trial.equal(request.params["CallStatus"], "in-progress", "CallStatus")
    trial.cdr(Hangup_Cause="NORMAL_CLEARING", Hung_Up_By="us")


@case("refer-answered", TWIML)
def answered(trial):
    """Refer: the phone agrees and tells 200; the call stays, and the follow-up ends it"""
    trial.give("start", "refer.xml")
    trial.give("referred", "hangup.xml")
    referred(trial, trial.call("caller_referred", code=200), ReferCallStatus="in-progress", ReferSipResponseCode="202", NotifySipResponseCode="200")


@case("refer-busy", TWIML)
def busy(trial):
    """Refer: the phone agrees and tells 486"""
    trial.give("start", "refer.xml")
    trial.give("referred", "hangup.xml")
    referred(trial, trial.call("caller_referred", code=486), ReferCallStatus="busy", ReferSipResponseCode="202", NotifySipResponseCode="486")


@case("refer-refused", TWIML)
def refused(trial):
    """Refer: the phone refuses with 603"""
    trial.give("start", "refer.xml")
    trial.give("referred", "hangup.xml")
    referred(trial, trial.call("caller_not_referred"), ReferCallStatus="failed", ReferSipResponseCode="603", NotifySipResponseCode=None)


@case("sip-transfer-redirect", PLIVO)
def redirect(trial):
    """SIPTransfer of a call that is not answered: 302 with the address"""
    trial.give("start", "sip-transfer.xml")
    caller = trial.call("caller_refused", code=302)
    trial.done(caller)
    moved = next(m for m in caller.received() if m.code == 302)
    trial.check("sip:alice@127.0.0.1:5099" in moved.headers["contact"], f"Contact is {moved.headers['contact']}")
    trial.cdr()


@case("sip-transfer-refer", PLIVO)
def transfer(trial):
    """SIPTransfer of an answered call: REFER, and our goodbye when the phone has told 200"""
    trial.give("start", "sip-transfer-answered.xml")
    caller = trial.call("caller_referred", code=200)
    trial.done(caller)
    trial.cdr(Hangup_Cause="BLIND_TRANSFER", Hung_Up_By="us")


@case("echo-timeout", TWIML)
def echo(trial):
    """Echo: the caller hears himself, and the next verb is next"""
    trial.give("start", "echo.xml")
    caller = trial.call(speaks=700)
    trial.done(caller)
    trial.heard(caller, 700, 1.5, 3.5)
    trial.cdr(Hangup_Cause="NORMAL_CLEARING", Hung_Up_By="us")


@case("end-callbacks", {**PLIVO, "pivot_hangup_url": "{web}/hangup", "pivot_status_callback": "{web}/status"})
def end_callbacks(trial):
    """hangup_url and StatusCallback of a call whose document runs out"""
    trial.give("start", "runs-out.xml")
    trial.give("hangup", "hangup.xml")
    trial.give("status", "hangup.xml")
    trial.done(trial.call())
    told = trial.asked("hangup")[0].fields
    for name, value in {"HangupCauseCode": "4010", "HangupSource": "Answer XML", "Event": "Hangup", "CallStatus": "completed"}.items():
        trial.equal(told.get(name), value, name)
    told = trial.asked("status")[0].fields
    for name, value in {"CallStatus": "completed", "SipResponseCode": "200", "CallbackSource": "call-progress-events"}.items():
        trial.equal(told.get(name), value, name)


@case("end-callbacks-busy", {**PLIVO, "pivot_hangup_url": "{web}/hangup", "pivot_status_callback": "{web}/status"})
def end_callbacks_busy(trial):
    """hangup_url and StatusCallback of a call that was refused as busy"""
    trial.give("start", "hangup-busy.xml")
    trial.give("hangup", "hangup.xml")
    trial.give("status", "hangup.xml")
    trial.done(trial.call("caller_refused", code=486))
    told = trial.asked("hangup")[0].fields
    for name, value in {"HangupCauseCode": "3010", "HangupCause": "USER_BUSY", "AnswerTime": None}.items():
        trial.equal(told.get(name), value, name)
    told = trial.asked("status")[0].fields
    for name, value in {"CallStatus": "busy", "SipResponseCode": "486"}.items():
        trial.equal(told.get(name), value, name)
