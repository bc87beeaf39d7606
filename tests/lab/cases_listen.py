"""Callers who listen, and callers who are refused."""

from bench import case
from customer import Answer


def tone_file(trial):
    """One second of 600 Hz from the customer's web server."""
    trial.give("tone.wav", Answer((trial.switch.sounds / "tone-600.wav").read_bytes(), "wav"))


def spoken(trial, caller, pitch, speech):
    """The caller heard the tone, and speech where the switch can speak."""
    trial.heard(caller, 600, pitch - 0.1, pitch + 0.15)
    if trial.bench.speech:
        trial.said(caller, pitch + speech)


def our_goodbye(trial, caller, **more):
    trial.done(caller)
    trial.equal(caller.codes()[-1], 200, "answer to the INVITE")
    trial.cdr(Hangup_Cause="NORMAL_CLEARING", Hung_Up_By="us", **more)


@case("listen-piston")
def piston(trial):
    """a Piston callflow: plays, speaks, hangs up; request and CDR"""
    trial.give("start", "listen.json")
    caller = trial.call(name='"Grete Müller"')
    our_goodbye(trial, caller, Caller_ID_Number="4930111", Caller_ID_Name="Grete Müller", Caller_Destination_Number="listen-piston", Billing_Seconds=lambda s: 2 <= int(s) <= 6)
    spoken(trial, caller, 1.0, 0.5)
    request = trial.asked("start")[0]
    trial.equal(request.method, "GET", "method")
    for name, value in {"Account-ID": "lab", "Caller-ID-Name": "Grete Müller", "Caller-ID-Number": "4930111", "From": "4930111", "Request": "listen-piston", "Direction": "inbound", "Call-Status": "ringing"}.items():
        trial.equal(request.params.get(name), value, name)


@case("listen-twiml", {"pivot_method": "post", "pivot_req_format": "twiml"})
def twiml(trial):
    """TwiML: Play from the web, Pause, Say, Hangup; a form with Twilio's names"""
    tone_file(trial)
    trial.give("start", "listen-twiml.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    spoken(trial, caller, 1.0, 0.5)
    request = trial.asked("start")[0]
    trial.equal(request.method, "POST", "method")
    trial.check(request.headers["Content-Type"].startswith("application/x-www-form-urlencoded"), "not a form")
    for name, value in {"From": "4930111", "Caller": "4930111", "CallStatus": "ringing", "Direction": "inbound", "CallerName": "Lab Caller"}.items():
        trial.equal(request.params.get(name), value, name)
    trial.check(request.params["To"].startswith("sip:listen-twiml@127.0.0.1"), f"To is {request.params['To']}")
    for name, letters in {"CallSid": "CA", "AccountSid": "AC"}.items():
        sid = request.params[name]
        trial.check(sid.startswith(letters) and len(sid) == 34, f"{name} is {sid}")


@case("listen-plivo", {"pivot_method": "post", "pivot_req_format": "plivo", "pivot_req_body_format": "json"})
def plivo(trial):
    """Plivo XML: Speak, Wait, Play, Hangup; JSON with Plivo's names"""
    tone_file(trial)
    trial.give("start", "listen-plivo.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    spoken(trial, caller, 1.0, 0.5)
    request = trial.asked("start")[0]
    trial.check(request.headers["Content-Type"].startswith("application/json"), "not JSON")
    for name, value in {"From": "4930111", "CallStatus": "ringing", "Direction": "inbound", "Event": "StartApp"}.items():
        trial.equal(request.params.get(name), value, name)


@case("early-media", {"pivot_req_format": "plivo"})
def early_media(trial):
    """PreAnswer: the caller hears the prompt before a 486, and never an answer"""
    tone_file(trial)
    trial.give("start", "early-media.xml")
    caller = trial.call("caller_refused", code=486)
    trial.done(caller)
    trial.equal(caller.codes(), [100, 183, 486], "answers to the INVITE")
    trial.heard(caller, 600, 0.9, 1.15)
    trial.cdr(Hangup_Cause="USER_BUSY", Hung_Up_By="us", Billing_Seconds="0")


@case("reject-busy", {"pivot_req_format": "twiml"})
def reject_busy(trial):
    """TwiML Reject: 486 without an answer"""
    trial.give("start", "reject-busy.xml")
    caller = trial.call("caller_refused", code=486)
    trial.done(caller)
    trial.equal(caller.codes(), [100, 486], "answers to the INVITE")
    trial.cdr(Hangup_Cause="USER_BUSY", Hung_Up_By="us", Billing_Seconds="0")


@case("reject-603")
def reject_603(trial):
    """Piston response: 603 with its own phrase"""
    trial.give("start", "reject-603.json")
    caller = trial.call("caller_refused", code=603)
    trial.done(caller)
    refusal = next(m for m in caller.received() if m.code == 603)
    trial.equal(refusal.first, "SIP/2.0 603 Decline", "refusal")
    trial.cdr(Hangup_Cause="CALL_REJECTED", Hung_Up_By="us", Billing_Seconds="0")


@case("redirect", {"pivot_req_format": "twiml"})
def redirect(trial):
    """TwiML Redirect to a relative URL with a query"""
    tone_file(trial)
    trial.give("start", "redirect.xml")
    trial.give("next", "hangup.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    request = trial.asked("next")[0]
    for name, value in {"page": "2", "word": "grüße", "CallStatus": "in-progress"}.items():
        trial.equal(request.params.get(name), value, name)
