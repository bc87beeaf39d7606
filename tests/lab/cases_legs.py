"""Called parties before and while they are connected: whispers, confirmations, machines, what is told of
each leg, and keys of both sides."""

from bench import case
from media import until

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}
PLIVO = {"pivot_method": "post", "pivot_req_format": "plivo"}


def params(trial, page, count=1):
    return [request.params for request in trial.asked(page, count)]


@case("leg-whisper", TWIML)
def whisper(trial):
    """a called party hears a document, and is connected when that has run out"""
    callee = trial.callee("callee_answers", wait_ms=500, speaks=900)
    trial.give("start", "leg-whisper.xml", first=callee.port)
    trial.give("whisper", "leg-whispered.xml")
    trial.give("leg", "hangup.xml")
    trial.give("dialled", "hangup.xml")
    caller = trial.call("caller_leaves", wait_ms=3000, speaks=700)
    trial.check(callee.handset.wait_for(500, 0.8), "the called party did not hear the document")
    trial.check(caller.codes()[-1] != 200, "the caller was answered before the called party was connected")
    trial.check(caller.handset.wait_for(900, 1.0), "the caller was not connected")
    trial.done(caller, callee)
    trial.heard(callee, 500, 0.8, 1.2)
    trial.heard(callee, 700, 0.8)
    asked = params(trial, "whisper")[0]
    start = params(trial, "start")[0]
    trial.equal(asked.get("Direction"), "outbound-dial", "Direction")
    trial.equal(asked.get("ParentCallSid"), start.get("CallSid"), "ParentCallSid")
    trial.check(asked.get("CallSid", "").startswith("CA") and asked["CallSid"] != start["CallSid"], f"CallSid of the leg in {asked}")
    told = params(trial, "leg", 4)
    trial.equal([one.get("CallStatus") for one in told], ["initiated", "ringing", "in-progress", "completed"], "CallStatus of the leg")
    trial.equal({one.get("CallSid") for one in told}, {asked["CallSid"]}, "CallSid of the leg")


@case("leg-whisper-declined", TWIML)
def declined(trial):
    """a called party whose document hangs up is not connected, and the caller goes on"""
    callee = trial.callee("callee_answers", wait_ms=500, speaks=900)
    trial.give("start", "leg-whisper.xml", first=callee.port)
    trial.give("whisper", "hangup.xml")
    trial.give("leg", "hangup.xml")
    trial.give("dialled", "hangup.xml")
    trial.call(speaks=700)
    trial.done(callee)
    told = params(trial, "dialled")[0]
    trial.equal((told.get("DialCallStatus"), told.get("DialBridged")), ("no-answer", "false"), "DialCallStatus and DialBridged")


@case("leg-confirm", PLIVO)
def confirm(trial):
    """confirmKey: a called party is connected when it presses the key, and not by another one"""
    callee = trial.callee("callee_answers", wait_ms=500, speaks=900)
    trial.give("start", "leg-confirm.xml", first=callee.port)
    trial.give("confirm", "leg-whispered.xml")
    trial.give("told", "hangup.xml")
    trial.give("dialled", "hangup.xml")
    caller = trial.call("caller_leaves", wait_ms=9000, speaks=700)
    trial.check(callee.handset.wait_for(500, 0.3), "the called party was not asked")
    callee.handset.type("2")
    trial.check(not caller.handset.wait_for(900, 0.1, timeout=1.5), "another key connected the called party")
    callee.handset.type("1")
    trial.check(caller.handset.wait_for(900, 0.5), "the key did not connect the called party")
    callee.handset.type("55")
    caller.handset.type("42")
    trial.done(caller, callee)
    events = [one.get("Event") for one in params(trial, "told", 5)]
    trial.equal(sorted(events), ["DialAnswer", "DialConnected", "DialDigitsMatch", "DialDigitsMatch", "DialHangup"], "events")
    pressed = {one.get("DialDigitsPressedBy"): one.get("DialDigitsMatch") for one in params(trial, "told", 5) if one.get("DialDigitsMatch")}
    trial.equal(pressed, {"ALeg": "42", "BLeg": "55"}, "keys of both legs")


@case("leg-confirm-failed", PLIVO)
def not_confirmed(trial):
    """confirmTimeout: a called party who presses nothing is let go"""
    callee = trial.callee("callee_answers", wait_ms=500)
    trial.give("start", "leg-confirm-short.xml", first=callee.port)
    trial.give("confirm", "leg-whispered.xml")
    trial.give("dialled", "hangup.xml")
    trial.call()
    trial.done(callee)
    told = params(trial, "dialled")[0]
    trial.equal((told.get("DialStatus"), told.get("DialBLegUUID", "")), ("no-answer", ""), "DialStatus and DialBLegUUID")
    trial.heard(callee, 500, 0.8, 2.3)


@case("leg-machine", TWIML)
def machine(trial):
    """machine detection: one who talks on is a machine, one who says a word is a person"""
    callee = trial.callee("callee_answers", wait_ms=300, speaks=900)
    trial.give("start", "leg-machine.xml", first=callee.port)
    trial.give("amd", "hangup.xml")
    trial.give("whisper", "leg-whispered.xml")
    caller = trial.call("caller_leaves", wait_ms=9000, speaks=700)
    trial.check(until(lambda: trial.customer.seen(f"/{trial.name}/whisper"), 12), "the document was not asked for")
    trial.done(caller, callee)
    told = params(trial, "amd")[0]
    trial.equal(told.get("AnsweredBy"), "machine_start", "AnsweredBy")
    trial.about(int(told.get("MachineDetectionDuration", 0)) / 1000, 2.0, 4.5, "seconds to the verdict")
    trial.equal(params(trial, "whisper")[0].get("AnsweredBy"), "machine_start", "AnsweredBy of the document")


@case("leg-silent", TWIML)
def silent(trial):
    """machine detection: nobody says anything"""
    callee = trial.callee("callee_answers", wait_ms=300)
    trial.give("start", "leg-machine.xml", first=callee.port)
    trial.give("amd", "hangup.xml")
    trial.give("whisper", "hangup.xml")
    trial.call("caller_leaves", wait_ms=6000, speaks=700)
    trial.done(callee)
    trial.equal(params(trial, "amd")[0].get("AnsweredBy"), "unknown", "AnsweredBy")


@case("leg-options", TWIML)
def options(trial):
    """two phones ring, each with headers and a caller id of its own"""
    first, second = trial.callee("callee_refuses", code=486), trial.callee("callee_refuses", code=603)
    trial.give("start", "leg-options.xml", first=first.port, second=second.port)
    trial.give("dialled", "hangup.xml")
    trial.call()
    trial.done(first, second)
    trial.equal(first.got("INVITE").headers.get("x-room"), "1, <a>;b", "X-Room of the first")
    trial.equal(second.got("INVITE").headers.get("user-to-user"), "48656c6c6f", "User-to-User of the second")
    trial.check("x-room" not in second.got("INVITE").headers, "the first one's header reached the second")
    told = params(trial, "dialled")[0]
    trial.check(told.get("DialSipCallId") and told.get("DialSipResponseCode") in ("486", "603"), f"the SIP parameters in {told}")
