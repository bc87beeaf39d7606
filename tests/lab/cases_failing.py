"""Web servers that fail: at once `_`, or the end of the call."""

import socket

from bench import case
from cases_listen import our_goodbye, tone_file
from customer import Answer, free_port

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}
DEAD = free_port(socket.SOCK_STREAM)


def takes_wildcard(trial, url, within=2.0):
    """An answered call whose pivot request fails hears the tone of its `_` child."""
    trial.give("start", "fail.json", url=url)
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.heard(caller, 500, 0.9, 1.15)
    trial.about(trial.asked("cdr")[0].at - trial.asked("start")[0].at, 0.5, within + 2.0, "seconds from the request to the CDR")


@case("fail-refused")
def refused(trial):
    """connection refused takes _ at once"""
    takes_wildcard(trial, f"http://127.0.0.1:{DEAD}/")


@case("fail-500")
def status(trial):
    """status 500 takes _ at once"""
    trial.give("bad", Answer("{}", "json", 500))
    takes_wildcard(trial, trial.url("bad"))


@case("fail-timeout")
def timeout(trial):
    """a web server that is too slow takes _ after the request's time"""
    trial.give("bad", Answer('{"module": "hangup", "data": {}}', "json", delay=6))
    takes_wildcard(trial, trial.url("bad"), within=3.5)


@case("fail-json")
def json(trial):
    """a body that is no JSON takes _"""
    trial.give("bad", Answer('{"module": ', "json"))
    takes_wildcard(trial, trial.url("bad"))


@case("fail-action")
def action(trial):
    """a callflow with a wrong value takes _"""
    trial.give("bad", "bad-document.json")
    takes_wildcard(trial, trial.url("bad"))


@case("fail-xml")
def xml(trial):
    """XML that is not closed takes _"""
    trial.give("bad", "bad-document.xml")
    takes_wildcard(trial, trial.url("bad"))


@case("fail-type")
def content_type(trial):
    """an unknown content type takes _"""
    trial.give("bad", Answer("GIF89a", "image/gif"))
    takes_wildcard(trial, trial.url("bad"))


@case("fail-address")
def address(trial):
    """an address that the operator does not allow takes _ and is not asked"""
    takes_wildcard(trial, "http://169.254.169.254/latest/meta-data/")


@case("fail-unanswered")
def unanswered(trial):
    """no document, no _, not answered: 503, and no answer first"""
    trial.give("start", Answer("gone", "txt", 500))
    caller = trial.call("caller_refused", code=503)
    trial.done(caller)
    trial.equal(caller.codes(), [100, 503], "answers to the INVITE")
    trial.cdr(Hung_Up_By="us", Hangup_Cause="NORMAL_TEMPORARY_FAILURE", Billing_Seconds="0")


@case("fail-answered", TWIML)
def answered(trial):
    """a follow-up that fails in an answered call: an apology, then BYE"""
    trial.give("start", "redirect.xml")
    trial.give("next", Answer("gone", "txt", 500))
    tone_file(trial)
    caller = trial.call()
    trial.done(caller)
    if trial.bench.speech:
        trial.said(caller, 3.0)
    trial.cdr(Hung_Up_By="us", Hangup_Cause="NORMAL_TEMPORARY_FAILURE")


@case("fail-fallback", {"pivot_fallback_url": "{web}/fallback"})
def fallback(trial):
    """pivot_fallback_url is asked when the first URL fails"""
    trial.give("start", Answer("gone", "txt", 502))
    trial.give("fallback", "listen.json")
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.heard(caller, 600, 0.9, 1.15)


@case("fail-endless", TWIML)
def endless(trial):
    """documents that only redirect to themselves are ended"""
    trial.give("start", "endless.xml")
    caller = trial.call()
    trial.done(caller)
    asked = len(trial.customer.seen(f"/{trial.name}/start"))
    trial.about(asked, 2, 100, "requests")
    trial.cdr(Hung_Up_By="us", Hangup_Cause="DESTINATION_OUT_OF_ORDER")


@case("fail-cdr")
def cdr(trial):
    """a CDR whose receiver fails is sent again with the same delivery id until a 200"""
    trial.give("start", "reject-603.json")
    trial.give("cdr", Answer("no", "txt", 500), Answer("no", "txt", 503), Answer("ok", "txt", 200))
    caller = trial.call("caller_refused", code=603)
    trial.done(caller)
    posts = trial.asked("cdr", 3, timeout=20)
    ids = {post.params.get("Delivery-ID") for post in posts}
    trial.check(len(ids) == 1 and None not in ids, f"delivery ids {ids}")
