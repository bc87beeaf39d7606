"""What is said to callers by other engines than flite, and what is understood of them."""

import time

from bench import case
from cases_listen import our_goodbye
from cases_safety import trap, untouched

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}
PLIVO = {"pivot_method": "post", "pivot_req_format": "plivo"}


@case("speech-command", TWIML)
def command(trial):
    """a language of a command-line engine (espeak-ng), with SSML given whole, then flite again"""
    trial.give("start", "speech-command.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    if trial.bench.command_speaks:
        # Two breaks of a second are in the SSML: the engine has read it.
        trial.said(caller, 1.0)
        heard = caller.handset.heard
        trial.check(heard[-1][0] - heard[0][0] > 3.5, "the breaks were not heard")


@case("speech-injection", TWIML)
def injection(trial):
    """a text with engine parameters, ${voice}, quotes and substitutions runs no command"""
    trial.give("start", "speech-injection.xml", trap=trap(trial))
    # Paths are long to say.
    caller = trial.call(limit=90)
    our_goodbye(trial, caller)
    untouched(trial)


@case("speech-say-as", PLIVO)
def say_as(trial):
    """flite says SSML as text, a bleep for an expletive"""
    trial.give("start", "speech-say-as.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.heard(caller, 1000, 0.25, 0.5)
    if trial.bench.speech:
        trial.said(caller, 1.0)


@case("speech-gather", TWIML)
def gather(trial):
    """Gather input="speech dtmf": the first word ends the prompts, partial results, then the result"""
    trial.give("start", "speech-gather.xml", hints="yes please")
    trial.give("said", "hangup.xml")
    caller = trial.call()
    if not trial.bench.recognises:
        return trial.done(caller)
    trial.check(caller.handset.wait_for(600, 0.5), "the prompt was not heard")
    caller.handset.voice(700)
    time.sleep(1.2)
    caller.handset.voice(0)
    our_goodbye(trial, caller)
    said = trial.asked("said")[0].params
    trial.equal((said.get("SpeechResult"), said.get("Confidence")), ("yes please", "0.8730"), "result")
    trial.heard(caller, 600, 0.5, 3.0)
    partial = trial.asked("partial")
    trial.equal(partial[0].params.get("UnstableSpeechResult"), "yes please", "partial result")
    trial.equal(partial[0].params.get("SequenceNumber"), "0", "its number")


@case("speech-gather-keys", PLIVO)
def keys(trial):
    """GetInput inputType="dtmf speech": keys come first, the recogniser goes; a later Speak is heard"""
    trial.give("start", "speech-input.xml")
    trial.give("said", "hangup.xml")
    caller = trial.call()
    trial.check(caller.handset.wait_for(600, 0.5), "the prompt was not heard")
    caller.handset.type("47#")
    our_goodbye(trial, caller)
    said = trial.asked("said")[0].params
    trial.equal((said.get("InputType"), said.get("Digits"), said.get("Speech")), ("dtmf", "47", ""), "input")


@case("speech-gather-silent", PLIVO)
def silent(trial):
    """GetInput: nobody says anything, the recogniser gives up first, the next element runs in time"""
    trial.give("start", "speech-input.xml")
    caller = trial.call()
    trial.check(caller.handset.wait_for(500, 0.5, timeout=20), "the next element was not heard")
    our_goodbye(trial, caller)
    trial.not_asked("said")
    at = [moment for moment, samples in caller.handset.heard]
    trial.about(at[-1] - at[0], 7.0, 13.0, "seconds of the whole call")


@case("wait-silence", PLIVO)
def wait_silence(trial):
    """Wait silence="true" minSilence="1500" ends 1.5 s after the caller's last sound; keys are kept"""
    trial.give("start", "wait-silence.xml")
    trial.give("typed", "hangup.xml")
    caller = trial.call(speaks=700)
    trial.check(caller.handset.wait_for(600, 0.5), "the tone was not heard")
    time.sleep(2.5)
    caller.handset.voice(0)
    began = time.monotonic()
    caller.handset.type("4")
    trial.check(caller.handset.wait_for(500, 0.2), "what follows the wait was not heard")
    trial.about(time.monotonic() - began, 1.2, 3.0, "seconds from the last sound to the next element")
    our_goodbye(trial, caller)
    trial.equal(trial.asked("typed")[0].params.get("Digits"), "4", "the key that was typed meanwhile")


@case("keys-beside", PLIVO)
def beside(trial):
    """DTMF async: the next element is heard while the keys are sent"""
    trial.give("start", "keys-beside.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.equal("".join(key for _, key in caller.handset.pressed), "12345", "keys")
    first = caller.handset.pressed[-1][0]
    tone = [at for at, samples in caller.handset.heard if sum(map(abs, samples)) / len(samples) > 100]
    trial.check(tone and tone[0] < first, "the tone began behind the keys")
