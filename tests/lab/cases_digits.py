"""Callers who type: by RFC 2833 and by SIP INFO."""

from bench import case
from cases_listen import our_goodbye, tone_file
from customer import Answer

POST_TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}


@case("digits-piston")
def piston(trial):
    """play ends with the first key; collect_dtmf gets it with the others (RFC 2833)"""
    trial.give("start", "collect.json")
    trial.give("typed", "hangup.json")
    caller = trial.call()
    trial.check(caller.handset.wait_for(600), "no prompt was heard")
    caller.handset.type("12*3#")
    our_goodbye(trial, caller)
    request = trial.asked("typed")[0]
    trial.equal(request.params.get("Digits[pin]"), "12*3", "Digits[pin]")
    trial.equal(request.params.get("Call-Status"), "in-progress", "Call-Status")
    trial.heard(caller, 600, 0.1, 0.7)


@case("digits-gather", POST_TWIML)
def gather(trial):
    """Gather: the first key stops the prompts at once; numDigits ends it (RFC 2833)"""
    tone_file(trial)
    trial.give("start", "gather.xml")
    trial.give("typed", "hangup.xml")
    caller = trial.call()
    trial.check(caller.handset.wait_for(600, 0.4), "no prompt was heard")
    caller.handset.type("1234")
    our_goodbye(trial, caller)
    request = trial.asked("typed")[0]
    trial.equal(request.params.get("Digits"), "1234", "Digits")
    trial.equal(request.method, "POST", "method")
    # It began at 0.4 s; a key takes 0.1 s to press.
    trial.heard(caller, 600, 0.4, 0.9)
    trial.not_asked("nothing-typed")


@case("digits-info", POST_TWIML)
def info(trial):
    """Gather with finishOnKey takes keys by SIP INFO"""
    tone_file(trial)
    trial.give("start", "gather-hash.xml")
    trial.give("typed", "hangup.xml")
    caller = trial.call("caller_types_info", wait_ms=500)
    our_goodbye(trial, caller)
    trial.equal(trial.asked("typed")[0].params.get("Digits"), "123", "Digits")


@case("digits-ahead", POST_TWIML)
def ahead(trial):
    """keys typed during the first question answer the second one, too"""
    tone_file(trial)
    trial.give("start", "gather-two.xml", next="second")
    trial.give("second", trial.answer("gather-two.xml", next="typed"))
    trial.give("typed", "hangup.xml")
    caller = trial.call()
    trial.check(caller.handset.wait_for(600), "no prompt was heard")
    caller.handset.type("1234", gap=0.06)
    our_goodbye(trial, caller)
    trial.equal(trial.asked("second")[0].params.get("Digits"), "12", "Digits of the first question")
    trial.equal(trial.asked("typed")[0].params.get("Digits"), "34", "Digits of the second question")


@case("digits-none", POST_TWIML)
def none(trial):
    """Gather without a key goes on to the next verb after its time"""
    tone_file(trial)
    trial.give("start", "gather-none.xml")
    trial.give("nothing-typed", "hangup.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.heard(caller, 600, 0.9, 1.15)
    first, after = trial.asked("start")[0], trial.asked("nothing-typed")[0]
    trial.about(after.at - first.at, 1.8, 3.5, "seconds from the first request to the next one")
    trial.not_asked("typed")


@case("digits-plivo", {"pivot_method": "post", "pivot_req_format": "plivo"})
def plivo(trial):
    """GetDigits: keys that are not valid give the invalid sound and another try"""
    tone_file(trial)
    trial.give("wrong.wav", Answer((trial.switch.sounds / "tone-800.wav").read_bytes(), "wav"))
    trial.give("start", "get-digits.xml")
    trial.give("typed", "hangup.xml")
    caller = trial.call()
    trial.check(caller.handset.wait_for(600, 0.2), "no prompt was heard")
    caller.handset.type("9")
    trial.check(caller.handset.wait_for(800, 0.5), "the invalid sound was not heard")
    trial.check(caller.handset.wait_for(600, 0.9), "the prompt was not repeated")
    caller.handset.type("21")
    our_goodbye(trial, caller)
    trial.equal(trial.asked("typed")[0].params.get("Digits"), "21", "Digits")
