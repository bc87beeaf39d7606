//! The demonstration: what the customer's web server answers, who calls, and how each call must end.

use crate::sim::{Asked, Callee, Callees, Caller, Party, Reply};
use std::time::Duration;

/// One demonstration call.
pub(super) struct Case {
    /// What it shows, in a line.
    pub(super) title: &'static str,
    /// The caller, given the web server's base address.
    pub(super) caller: fn(&str) -> Caller,
    /// What the caller must have heard, in this order.
    pub(super) heard: &'static [&'static str],
    /// How the call must end: cause, the SIP code that the caller saw, who ended it.
    pub(super) end: (&'static str, u16, Party),
}

/// The calls, in the order in which they are shown.
pub(super) const CASES: [Case; 9] = [
    Case {
        title: "Piston callflow: a menu, a choice, a connected call",
        caller: |web| {
            to_voice_url("+14155550101", web, "/piston/menu")
                .hears("press 1")
                .types("1")
                .waits_for_bridge()
        },
        heard: &["press 1 for sales"],
        end: ("NORMAL_CLEARING", 200, Party::Server),
    },
    Case {
        title: "TwiML: digits are gathered and sent to the web server",
        caller: |web| {
            to_voice_url("+14155550102", web, "/twiml/order")
                .variable("pivot_req_format", "twiml")
                .variable("pivot_method", "post")
                .hears("order number")
                .types("4711#")
        },
        heard: &["order number", "order 4 7 1 1", "goodbye"],
        end: ("NORMAL_CLEARING", 200, Party::Server),
    },
    Case {
        title: "Plivo XML: the first colleague is busy, the caller leaves a message",
        caller: |web| {
            to_voice_url("+14155550103", web, "/plivo/support")
                .variable("pivot_req_format", "plivo")
                .variable("pivot_method", "post")
                .waits_for_recording()
                .speaks(Duration::from_secs(2))
                .types("#")
        },
        heard: &["connecting you", "leave a message", "thank you"],
        end: ("NORMAL_CLEARING", 200, Party::Server),
    },
    Case {
        title: "the web server fails: the callflow goes on at `_`",
        caller: |web| {
            let flow = serde_json::json!({
                "module": "pivot",
                "data": {"voice_url": format!("{web}/broken"), "cdr_url": format!("{web}/cdr")},
                "children": {"_": {
                    "module": "tts",
                    "data": {"text": "Our computer is asleep. Please call again tomorrow."}
                }}
            });
            Caller::new("+14155550104", "104").variable("pivot_callflow", flow.to_string())
        },
        heard: &["computer is asleep"],
        end: ("NORMAL_CLEARING", 200, Party::Server),
    },
    Case {
        title: "the web server fails and there is no `_`: refused, so that a carrier can route on",
        caller: |web| to_voice_url("+14155550105", web, "/broken"),
        heard: &[],
        end: ("NORMAL_TEMPORARY_FAILURE", 503, Party::Server),
    },
    Case {
        title: "the document has a mistake: named with its place, then the fallback URL",
        caller: |web| {
            to_voice_url("+14155550106", web, "/piston/mistake")
                .variable("pivot_fallback_url", format!("{web}/piston/fallback"))
        },
        heard: &["the fallback"],
        end: ("NORMAL_CLEARING", 200, Party::Server),
    },
    Case {
        title: "the web server is busy: asked again as the URL's fragment says, then the fallback URL",
        caller: |web| {
            to_voice_url("+14155550108", web, "/busy#rp=5xx&rc=1")
                .variable("pivot_req_format", "plivo")
                .variable("pivot_fallback_url", format!("{web}/plivo/thanks"))
        },
        heard: &["we will call you back"],
        end: ("NORMAL_CLEARING", 200, Party::Server),
    },
    Case {
        title: "a redirect leads to an address that nobody allowed: refused, then the fallback URL",
        caller: |web| {
            to_voice_url("+14155550109", web, "/inwards")
                .variable("pivot_fallback_url", format!("{web}/piston/fallback"))
        },
        heard: &["the fallback"],
        end: ("NORMAL_CLEARING", 200, Party::Server),
    },
    Case {
        title: "the caller hangs up while the web server thinks",
        caller: |web| {
            to_voice_url("+14155550107", web, "/slow").pauses(Duration::from_secs(2)).hangs_up()
        },
        heard: &[],
        end: ("ORIGINATOR_CANCEL", 487, Party::Caller),
    },
];

/// Who can be reached.
pub(super) fn callees() -> Callees {
    Callees::default()
        .with("2001", Callee::answers(Duration::from_secs(2)).talks(Duration::from_secs(4)))
        .with("2002", Callee::busy())
}

/// What the customer's web server answers.
pub(super) fn answer(asked: &Asked) -> Reply {
    let digits = asked.parameter("Digits").unwrap_or_default();
    match asked.path.as_str() {
        "/piston/menu" => Reply::piston(MENU),
        "/twiml/order" => Reply::xml(GATHER),
        "/twiml/read-back" => {
            let spelled: Vec<_> = digits.chars().map(String::from).collect();
            Reply::xml(format!(
                "<Response><Say>You typed order {}.</Say><Say>Goodbye.</Say></Response>",
                spelled.join(" ")
            ))
        }
        "/plivo/support" => Reply::xml(DIAL),
        "/plivo/no-answer" => Reply::xml(RECORD),
        "/plivo/thanks" => {
            Reply::xml("<Response><Speak>Thank you. We will call you back.</Speak></Response>")
        }
        "/piston/mistake" => Reply::piston(MISTAKE),
        "/piston/fallback" => Reply::piston(FALLBACK),
        "/slow" => Reply::Silence,
        "/busy" => Reply::Status(503),
        "/inwards" => Reply::Redirect(302, "http://169.254.169.254/latest".to_owned()),
        "/cdr" => Reply::Status(204),
        _ => Reply::Status(500),
    }
}

fn to_voice_url(number: &str, web: &str, path: &str) -> Caller {
    Caller::new(number, "100")
        .named("Demo Caller")
        .variable("pivot_account_id", "demo")
        .variable("pivot_voice_url", format!("{web}{path}"))
        .variable("pivot_cdr_url", format!("{web}/cdr"))
}

const MENU: &str = r##"{
  "module": "answer",
  "children": {"_": {
    "module": "tts",
    "data": {"text": "Welcome. Please press 1 for sales."},
    "children": {"_": {
      "module": "collect_dtmf",
      "data": {"max_digits": 1, "timeout": 5000, "collection_name": "choice"},
      "children": {"_": {
        "module": "set_variables",
        "data": {"custom_application_vars": {"department": "sales"}},
        "children": {"_": {
          "module": "resources",
          "data": {"to_did": "2001", "timeout": 20}
        }}
      }}
    }}
  }}
}"##;

const GATHER: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Gather numDigits="8" finishOnKey="#" timeout="5" action="/twiml/read-back">
    <Say>Please type your order number, then the pound key.</Say>
  </Gather>
  <Say>We heard nothing. Goodbye.</Say>
</Response>"##;

const DIAL: &str = r##"<Response>
  <Speak>We are connecting you.</Speak>
  <Dial action="/plivo/no-answer" timeout="10">
    <Number>2002</Number>
  </Dial>
</Response>"##;

const RECORD: &str = r##"<Response>
  <Speak>Everybody is busy. Please leave a message after the beep.</Speak>
  <Record action="/plivo/thanks" maxLength="30" finishOnKey="#"/>
</Response>"##;

const MISTAKE: &str = r##"{
  "module": "play",
  "data": {"id": "welcome", "loop_count": "twice"}
}"##;

const FALLBACK: &str = r##"{
  "module": "tts",
  "data": {"text": "This is the fallback. Everything is fine."}
}"##;
