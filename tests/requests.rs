//! What the customer's web server is told, in each format, method and encoding, and what of it comes
//! from the dialplan and from callflow files.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod world;

use pivot::{
    base::sid,
    sim::{Asked, Caller, Reply},
};
use serde_json::{Value, json};
use std::fs;
use world::World;

fn answer(asked: &Asked) -> Reply {
    match asked.path.as_str() {
        "/cdr" => Reply::Status(200),
        _ => Reply::xml("<Response><Hangup/></Response>"),
    }
}

fn caller(world: &World) -> Caller {
    world
        .caller("/answer?own=1")
        .named("Grüße & Co")
        .header("X-Tenant", "blue")
        .variable("cav_order", "47 11")
        .variable("default_language", "de-DE")
}

async fn asked_with(variables: &[(&str, &str)]) -> Asked {
    let world = World::with("", answer).await;
    let caller =
        variables.iter().fold(caller(&world), |c, (name, value)| c.variable(*name, *value));
    world.call(caller).await;
    let asked = world.web.asked().into_iter().find(|asked| asked.path == "/answer").unwrap();
    world.stopped().await;
    asked
}

#[tokio::test]
async fn a_get_in_pistons_names() {
    let asked = asked_with(&[]).await;
    assert_eq!((asked.method.as_str(), asked.body.as_str()), ("GET", ""));
    for (name, value) in [
        ("own", "1"),
        ("Account-ID", "acme"),
        ("Api-Version", "4.x"),
        ("Direction", "inbound"),
        ("Call-Status", "ringing"),
        ("Caller-ID-Name", "Grüße & Co"),
        ("Caller-ID-Number", "+14155550100"),
        ("To", "100"),
        ("Language", "de-DE"),
        ("Custom-Application-Vars[order]", "47 11"),
        ("Custom-SIP-Headers[X-Tenant]", "blue"),
    ] {
        assert_eq!(asked.parameter(name), Some(value), "{name}");
    }
    assert!(asked.parameter("Call-ID").unwrap().len() == 36);
    assert!(asked.parameter("Digits").is_none() && asked.parameter("Recording-Url").is_none());
}

#[tokio::test]
async fn a_post_as_json() {
    let asked = asked_with(&[("pivot_method", "post"), ("pivot_req_body_format", "json")]).await;
    assert_eq!((asked.method.as_str(), asked.content_type.as_str()), ("POST", "application/json"));
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["Custom-Application-Vars"], json!({"order": "47 11"}));
    assert_eq!(body["Caller-ID-Name"], "Grüße & Co");
    assert!(body.as_object().unwrap().values().all(|value| !value.is_null()));
    assert_eq!(asked.parameter("own"), Some("1"));
}

/// What a call says in one vendor's names: the caller, what the dialplan and the network say, and what is
/// sent, `None` for what is not.
type Told = (&'static str, &'static str, Vec<(&'static str, &'static str)>, Names);
type Names = Vec<(&'static str, Option<&'static str>)>;

fn told() -> Vec<Told> {
    let plain = "+14155550100";
    vec![
        (
            "twiml",
            plain,
            vec![],
            vec![
                ("AccountSid", Some("AC822b33ad87c148a0a20a5ba7cd5ebcaa")),
                ("ApiVersion", Some("2010-04-01")),
                ("From", Some(plain)),
                ("Caller", Some(plain)),
                ("To", Some("100")),
                ("Called", Some("100")),
                ("CallStatus", Some("ringing")),
                ("Direction", Some("inbound")),
                ("CallerName", Some("Grüße & Co")),
                ("SipDomain", Some("127.0.0.1")),
                ("SipSourceIp", Some("127.0.0.1")),
                ("SipHeader_X-Tenant", Some("blue")),
                ("ForwardedFrom", None),
                ("StirVerstat", None),
                ("ParentCallSid", None),
                ("ErrorCode", None),
                ("Call-ID", None),
            ],
        ),
        (
            "twiml",
            "alice",
            vec![
                ("sip_from_uri", "alice@pbx.example"),
                ("sip_h_Diversion", "<sip:+4930123@carrier.example>;reason=unconditional"),
                ("sip_h_User-to-User", "56a390f3;encoding=hex"),
                ("sip_h_P-Charge-Info", "<sip:1@h>"),
                ("sip_h_identity", "eyJhbGciOiJFUzI1NiJ9.e30.c2ln;info=<https://c.example/c.pem>"),
                ("sip_verstat_detailed", "TN-Validation-Passed-A"),
            ],
            vec![
                ("From", Some("sip:alice@pbx.example")),
                ("Caller", Some("sip:alice@pbx.example")),
                ("ForwardedFrom", Some("+4930123")),
                ("SipHeader_User-to-User", Some("56a390f3;encoding=hex")),
                ("SipHeader_P-Charge-Info", None),
                ("StirVerstat", Some("TN-Validation-Passed-A")),
                ("StirPassportToken", Some("eyJhbGciOiJFUzI1NiJ9.e30.c2ln")),
            ],
        ),
        (
            "plivo",
            plain,
            vec![],
            vec![
                ("From", Some("14155550100")),
                ("To", Some("100")),
                ("CallStatus", Some("ringing")),
                ("Event", Some("StartApp")),
                ("Direction", Some("inbound")),
                ("CallerName", Some("Grüße & Co")),
                ("ParentAuthID", Some("acme")),
                ("ForwardedFrom", None),
                ("STIRVerification", None),
                ("SIP-H-To", None),
                ("ALegUUID", None),
                ("X-Tenant", None),
            ],
        ),
        (
            "plivo",
            "alice",
            vec![
                ("sip_from_uri", "alice@pbx.example"),
                ("sip_h_Diversion", "<sip:+4930123@carrier.example>;reason=unconditional"),
                ("sip_h_X-PH-Order", "47"),
                ("sip_P-Asserted-Identity", "<sip:+1415@h;verstat=TN-Validation-Failed>"),
            ],
            vec![
                ("From", Some("sip:alice@pbx.example")),
                ("ForwardedFrom", Some("4930123")),
                ("X-PH-Order", Some("47")),
                ("STIRVerification", Some("Not Verified")),
                ("STIRAttestation", None),
            ],
        ),
    ]
}

#[tokio::test]
async fn a_post_in_each_vendors_names() {
    let world = World::with("", answer).await;
    for (format, from, variables, names) in told() {
        let caller = Caller::new(from, "100")
            .named("Grüße & Co")
            .header("X-Tenant", "blue")
            .variable("pivot_account_id", "acme")
            .variable("pivot_voice_url", world.web.url("/answer"))
            .variable("pivot_method", "POST")
            .variable("pivot_req_format", format);
        let caller = variables.iter().fold(caller, |c, (name, value)| c.variable(*name, *value));
        let before = world.web.asked().len();
        let lived = world.call(caller).await;
        let asked = &world.web.asked()[before];
        assert_eq!(asked.content_type, "application/x-www-form-urlencoded");
        for (name, value) in names {
            assert_eq!(asked.parameter(name), value, "{format} {from} {name}");
        }
        let uuid = lived.report.uuid.as_str();
        match format {
            "twiml" => {
                assert_eq!(asked.parameter("CallSid"), Some(sid::call(uuid).as_str()));
                assert!(asked.parameter("SipCallId").is_some());
            }
            _ => {
                assert_eq!(asked.parameter("CallUUID"), Some(uuid));
                let started = asked.parameter("SessionStart").unwrap();
                assert_eq!((started.len(), &started[19..20]), (26, "."), "{started}");
            }
        }
    }
    world.stopped().await;
}

#[tokio::test]
async fn an_account_has_the_sid_that_the_configuration_gives_it() {
    let own = "AC00112233445566778899aabbccddeeff";
    let config = format!("[accounts.acme]\ntwilio_account_sid = \"{own}\"\n");
    let world = World::with(&config, answer).await;
    for (account, sid) in [
        ("acme", own.to_owned()),
        ("ACffeeddccbbaa99887766554433221100", "ACffeeddccbbaa99887766554433221100".to_owned()),
        ("other", sid::account("other")),
        ("", sid::account("default")),
    ] {
        let caller = caller(&world).variable("pivot_account_id", account);
        let before = world.web.asked().len();
        world.call(caller.variable("pivot_req_format", "twiml")).await;
        let asked = world.web.asked();
        let asked = asked[before..].iter().find(|asked| asked.path == "/answer").unwrap();
        assert_eq!(asked.parameter("AccountSid"), Some(sid.as_str()));
    }
    world.stopped().await;
}

#[tokio::test]
async fn follow_ups_carry_what_happened() {
    let world = World::with("", |asked| match asked.path.as_str() {
        "/cdr" => Reply::Status(200),
        "/typed" => Reply::xml("<Response><Hangup/></Response>"),
        _ => Reply::xml(
            "<Response><Set><Variable key=\"shop\" value=\"north\"/></Set>\
             <Gather action=\"typed\" numDigits=\"2\"><Say>two digits</Say></Gather></Response>",
        ),
    })
    .await;
    let caller = world.caller("/ivr/start").variable("pivot_req_format", "twiml");
    world.call(caller.hears("two digits").types("42")).await;
    let asked = world.web.asked().into_iter().find(|asked| asked.path == "/ivr/typed").unwrap();
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.parameter("Digits"), Some("42"));
    assert_eq!(asked.parameter("shop"), Some("north"));
    assert_eq!(asked.parameter("CallStatus"), Some("in-progress"));
    world.stopped().await;
}

#[tokio::test]
async fn a_document_that_asks_for_itself_gets_its_own_url_without_our_parameters() {
    let world = World::with("", |asked| match (asked.path.as_str(), asked.parameter("Digits")) {
        ("/cdr", _) => Reply::Status(200),
        (_, Some(_)) => Reply::xml("<Response><Hangup/></Response>"),
        _ => Reply::xml(
            r#"<Response><Gather method="GET" numDigits="1"><Say>one digit</Say></Gather></Response>"#,
        ),
    })
    .await;
    let caller = world.caller("/ivr?own=1").variable("pivot_req_format", "twiml");
    world.call(caller.hears("one digit").types("7")).await;
    let asked = world.web.asked().into_iter().find(|a| a.parameter("Digits").is_some()).unwrap();
    let statuses = asked.parameters.iter().filter(|(name, _)| name == "CallStatus");
    assert_eq!(statuses.map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["in-progress"]);
    assert_eq!((asked.path.as_str(), asked.parameter("own")), ("/ivr", Some("1")));
    world.stopped().await;
}

#[tokio::test]
async fn the_callflow_is_found_by_number_pattern_and_no_match() {
    let folder = tempfile::tempdir().unwrap();
    let say = |text: &str| json!({"module": "tts", "data": {"text": text}});
    for (file, content) in [
        ("shop.json", json!({"numbers": ["200"], "flow": say("the shop")})),
        ("short.json", json!({"patterns": ["^3([0-9])"], "flow": say("short capture")})),
        ("long.json", json!({"patterns": ["^3([0-9]+)$"], "flow": say("long capture")})),
        (
            "out.json",
            json!({"patterns": ["^8([0-9]+)$"], "flow": {"module": "offnet", "data": {}}}),
        ),
        ("rest.json", json!({"numbers": ["no_match"], "flow": say("everybody else")})),
    ] {
        fs::write(folder.path().join(file), content.to_string()).unwrap();
    }
    let config = format!("[callflows]\ndir = {:?}\n", folder.path());
    let world = World::with(&config, answer).await;
    for (dialled, heard) in
        [("200", "the shop"), ("3123", "long capture"), ("999", "everybody else")]
    {
        let lived = world.call(Caller::new("1", dialled)).await;
        assert!(lived.report.transcript().contains(heard), "{dialled}");
    }
    let out = world.call(Caller::new("1", "82001")).await;
    assert!(out.report.transcript().contains("dialling 2001"), "{}", out.report.transcript());
    let by_id = Caller::new("1", "999").variable("pivot_callflow", "shop");
    assert!(world.call(by_id).await.report.transcript().contains("the shop"));
    world.stopped().await;
}

#[tokio::test]
async fn the_cdr_says_everything_in_form_and_json() {
    for format in ["form", "json"] {
        let world = World::with(&format!("[cdr]\nformat = \"{format}\"\n"), answer).await;
        let lived = world.call(caller(&world)).await;
        let asked = world.web.wait_for(|asked| asked.path == "/cdr").await;
        let field = |name: &str| match format {
            "form" => asked.parameter(name).map(str::to_owned),
            _ => {
                let body: Value = serde_json::from_str(&asked.body).unwrap();
                body.get(name).map(|v| v.as_str().map_or(v.to_string(), str::to_owned))
            }
        };
        assert_eq!(field("Call-ID"), Some(lived.report.uuid.clone()));
        assert_eq!(field("Account-ID").as_deref(), Some("acme"));
        assert_eq!(field("Hangup-Cause").as_deref(), Some("NORMAL_CLEARING"));
        assert_eq!(field("Caller-ID-Number").as_deref(), Some("+14155550100"));
        assert_eq!(field("Caller-ID-Name").as_deref(), Some("Grüße & Co"));
        assert_eq!(field("Caller-Destination-Number").as_deref(), Some("100"));
        for name in ["Delivery-ID", "Duration-Seconds", "Billing-Seconds", "Ringing-Seconds"] {
            assert!(field(name).is_some(), "{format}: {name}");
        }
        world.stopped().await;
    }
}
