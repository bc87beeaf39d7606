"""Where the callflow of a call comes from, when no URL is named: callflow files, channel variables."""

from bench import case
from cases_listen import our_goodbye

NO_URL = {"pivot_voice_url": None, "pivot_cdr_url": None}


@case("callflow-number", NO_URL, number="4930100")
def number(trial):
    """a callflow file with the dialled number; its pivot action names the CDR URL"""
    trial.give("asked", "hangup.json")
    caller = trial.call()
    our_goodbye(trial, caller, Caller_Destination_Number="4930100")
    trial.heard(caller, 500, 0.9, 1.15)


@case("callflow-pattern", {"pivot_voice_url": None}, number="49302042")
def pattern(trial):
    """a callflow file with a pattern"""
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.heard(caller, 800, 0.9, 1.15)


@case("callflow-no-match", {"pivot_voice_url": None}, number="4940999")
def no_match(trial):
    """a number that nothing matches: the callflow for no_match answers 404 with its phrase"""
    caller = trial.call("caller_refused", code=404)
    trial.done(caller)
    refusal = next(m for m in caller.received() if m.code == 404)
    trial.equal(refusal.first, "SIP/2.0 404 No Such Number", "refusal")
    trial.cdr(Hangup_Cause="UNALLOCATED_NUMBER", Hung_Up_By="us")


@case("callflow-by-id", {"pivot_voice_url": None, "pivot_callflow": "sales"})
def by_id(trial):
    """pivot_callflow names a callflow file"""
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.heard(caller, 800, 0.9, 1.15)


@case("callflow-inline", {"pivot_voice_url": None, "pivot_callflow": '{"module":"response","data":{"code":486,"message":"Busy Here"}}'})
def inline(trial):
    """pivot_callflow holds the callflow itself"""
    caller = trial.call("caller_refused", code=486)
    trial.done(caller)
    trial.cdr(Hangup_Cause="USER_BUSY", Hung_Up_By="us")


@case("callflow-nothing", {"pivot_voice_url": None, "pivot_callflow": "no-such-flow"})
def nothing(trial):
    """a callflow that does not exist: 404, and the log says why"""
    caller = trial.call("caller_refused", code=404)
    trial.done(caller)
    trial.server_logged("no-such-flow")
