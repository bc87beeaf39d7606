//! Callers who wait in queues, and the agents who take them out: whole calls of one server on a simulated switch.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod world;

use pivot::{
    api::Client,
    base::{CallId, Secret, Timestamp},
    call::{Order, QueueId},
    sim::{Asked, CallReport, Caller, Outcome, Reply, Switch, Web},
};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use tokio::{task::JoinHandle, time::timeout};
use world::{PATIENCE, World};

const MEMBER: &str = "7d000000-0000-4000-8000-00000000000a";
const MEMBER_SID: &str = "CA7d00000000004000800000000000000a";
const AGENT: &str = "7d000000-0000-4000-8000-00000000000b";
const AGENT_SID: &str = "CA7d00000000004000800000000000000b";

const TOKEN: &[u8] = b"0123456789abcdef";
const CONFIG: &str = "[pivot]\nreq_format = \"twiml\"\nmethod = \"post\"\n\
    [api]\nlisten = \"127.0.0.1:0\"\ntoken = \"0123456789abcdef\"\n";

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// The customer's web server: a caller is enqueued, an agent takes it.
fn answer(asked: &Asked) -> Reply {
    Reply::xml(match asked.path.as_str() {
        "/cdr" => return Reply::Status(200),
        "/enqueue" => {
            "<Response><Enqueue action=\"/left\" waitUrl=\"/wait\">support</Enqueue></Response>"
        }
        "/music" => "<Response><Enqueue>support</Enqueue><Say>next verb</Say></Response>",
        "/wait" => {
            "<Response><Say>please wait</Say><Gather numDigits=\"1\" timeout=\"20\" action=\"/key\"/></Response>"
        }
        "/key" if asked.parameter("Digits") == Some("9") => "<Response><Leave/></Response>",
        "/key" => "<Response><Say>go on waiting</Say><Dial>1</Dial></Response>",
        "/agent" => {
            "<Response><Dial action=\"/talked\" hangupOnStar=\"true\" timeout=\"9\">\
             <Queue url=\"/whisper\">support</Queue></Dial></Response>"
        }
        "/agent-plain" => {
            "<Response><Dial action=\"/talked\" hangupOnStar=\"true\"><Queue>support</Queue></Dial></Response>"
        }
        "/whisper" => "<Response><Say>you are put through</Say></Response>",
        "/left" => "<Response><Say>good bye caller</Say></Response>",
        "/redirected" => "<Response><Say>somewhere else</Say></Response>",
        "/talked" => "<Response><Say>good bye agent</Say></Response>",
        _ => "<Response/>",
    })
}

struct Two {
    world: World,
    switch: Switch,
}

impl Two {
    async fn begin() -> Self {
        Self { world: World::with(CONFIG, answer).await, switch: World::switch() }
    }

    /// With its database in a file.
    async fn keeping(web: Web, store: &Path) -> Self {
        let store = store.to_str().unwrap();
        let world = World::around(web, store, CONFIG, vec![]).await;
        Self { world, switch: World::switch() }
    }

    /// Asks the API.
    async fn api(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let client = Client::new(self.world.api.unwrap(), Secret::new(TOKEN));
        let answer = client.ask(method, path, body.as_ref()).await.unwrap();
        (answer.status, answer.body)
    }

    fn requests(&self, path: &str) -> Vec<Asked> {
        self.world.web.asked().into_iter().filter(|asked| asked.path == path).collect()
    }

    fn dial(&self, caller: Caller) -> JoinHandle<CallReport> {
        let (switch, address) = (self.switch.clone(), self.world.address);
        tokio::spawn(async move {
            timeout(PATIENCE, switch.dial(caller, address)).await.unwrap().unwrap()
        })
    }

    fn caller(&self, path: &str) -> Caller {
        self.world.caller(path).uuid(MEMBER)
    }

    fn agent(&self, path: &str) -> Caller {
        let uuid = AGENT;
        Caller::new("+14155550199", "200")
            .uuid(uuid)
            .variable("pivot_account_id", "acme")
            .variable("pivot_voice_url", self.world.web.url(path))
    }

    async fn asked(&self, path: &str) -> Asked {
        timeout(PATIENCE, self.world.web.wait_for(|asked| asked.path == path)).await.unwrap()
    }
}

fn says(asked: &Asked, pairs: &[(&str, &str)]) {
    for (name, value) in pairs {
        assert_eq!(asked.parameter(name), Some(*value), "{name} of {asked:?}");
    }
}

#[tokio::test]
async fn an_agent_takes_the_caller_who_hears_a_document_first_and_both_are_told() {
    let two = Two::begin().await;
    let member = two.dial(two.caller("/enqueue").waits_for_answer());
    let wait = two.asked("/wait").await;
    says(&wait, &[("QueuePosition", "1"), ("CurrentQueueSize", "1"), ("MaxQueueSize", "1000")]);
    let queue = wait.parameter("QueueSid").unwrap().to_owned();
    assert!(queue.starts_with("QU") && queue.len() == 34, "{queue}");
    let agent = two.dial(two.agent("/agent").waits_for_conference().pauses(secs(5)).types("*"));
    let whisper = two.asked("/whisper").await;
    says(
        &whisper,
        &[("CallSid", MEMBER_SID), ("DequeingCallSid", AGENT_SID), ("QueueSid", &queue)],
    );
    let talked = two.asked("/talked").await;
    says(
        &talked,
        &[
            ("CallSid", AGENT_SID),
            ("DialCallStatus", "completed"),
            ("DialBridged", "true"),
            ("DialCallSid", MEMBER_SID),
            ("DequeueResult", "bridged"),
            ("DequeuedCallSid", MEMBER_SID),
            ("QueueSid", &queue),
        ],
    );
    let left = two.asked("/left").await;
    says(&left, &[("CallSid", MEMBER_SID), ("QueueResult", "bridged"), ("QueueSid", &queue)]);
    let (member, agent) = (member.await.unwrap(), agent.await.unwrap());
    for (report, heard) in [
        (&member, ["please wait", "you are put through", "in a conference", "good bye caller"]),
        (&agent, ["%(2000,4000,440,480)", "in a conference", "no longer", "good bye agent"]),
    ] {
        let transcript = report.transcript();
        let mut rest = transcript.as_str();
        for word in heard {
            let at = rest.find(word);
            assert!(at.is_some(), "{word} in {transcript}");
            rest = &rest[at.unwrap()..];
        }
    }
    two.world.stopped().await;
}

#[tokio::test]
async fn a_key_leaves_the_queue_and_other_keys_go_on_waiting() {
    let two = Two::begin().await;
    let caller = two.caller("/enqueue").hears("please wait").types("1");
    let report = two.dial(caller.hears("go on").hears("please wait").types("9")).await.unwrap();
    let transcript = report.transcript();
    assert!(transcript.contains("good bye caller"), "{transcript}");
    says(&two.asked("/left").await, &[("QueueResult", "leave")]);
    assert_eq!(
        two.requests("/wait").len(),
        2,
        "a wait document that has run out is asked for again"
    );
    assert_eq!(two.world.queues.waiting(), 0);
    two.world.stopped().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_is_told_of_and_is_gone() {
    let two = Two::begin().await;
    let caller = two.caller("/enqueue").hears("please wait").hangs_up();
    two.dial(caller).await.unwrap();
    let left = two.asked("/left").await;
    says(&left, &[("QueueResult", "hangup"), ("CallStatus", "completed")]);
    let agent = two.dial(two.agent("/agent")).await.unwrap();
    assert!(!agent.transcript().contains("conference"), "{}", agent.transcript());
    says(&two.asked("/talked").await, &[("DialCallStatus", "no-answer"), ("DialBridged", "false")]);
    two.world.stopped().await;
}

#[tokio::test]
async fn an_agent_who_hangs_up_before_they_meet_gives_the_caller_back_its_place() {
    let two = Two::begin().await;
    let member = two.dial(two.caller("/enqueue").waits_for_answer());
    two.asked("/wait").await;
    // It hangs up while the caller hears its document.
    let hasty = two.dial(two.agent("/agent").hears("%(2000").pauses(secs(1)).hangs_up());
    two.asked("/whisper").await;
    hasty.await.unwrap();
    let waits = || two.requests("/wait").len() > 1;
    timeout(PATIENCE, async {
        while !waits() {
            tokio::task::yield_now().await
        }
    })
    .await
    .unwrap();
    says(&two.requests("/wait")[1], &[("QueuePosition", "1"), ("CurrentQueueSize", "1")]);
    let next = two.agent("/agent-plain").uuid("7d000000-0000-4000-8000-00000000000c");
    let next = two.dial(next.waits_for_conference().pauses(secs(3)).hangs_up());
    says(&two.asked("/left").await, &[("QueueResult", "bridged")]);
    assert!(next.await.unwrap().transcript().contains("in a conference"));
    let member = member.await.unwrap();
    assert!(member.transcript().contains("good bye caller"), "{}", member.transcript());
    two.world.stopped().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_it_talks_or_hears_the_agents_document_is_told_of() {
    for (agent, result) in [("/agent-plain", "bridged"), ("/agent", "hangup")] {
        let two = Two::begin().await;
        let caller = two.caller("/enqueue").waits_for_answer();
        let caller = match result {
            "bridged" => caller.waits_for_conference().pauses(secs(4)).hangs_up(),
            _ => caller.hears("put through").hangs_up(),
        };
        let member = two.dial(caller);
        two.asked("/wait").await;
        let agent = two.dial(two.agent(agent));
        says(&two.asked("/left").await, &[("QueueResult", result), ("CallStatus", "completed")]);
        member.await.unwrap();
        if result == "bridged" {
            let talked = two.asked("/talked").await;
            says(&talked, &[("DialCallStatus", "completed"), ("DequeuedCallSid", MEMBER_SID)]);
        }
        agent.await.unwrap();
        assert_eq!(two.world.queues.waiting(), 0);
        two.world.stopped().await;
    }
}

#[tokio::test]
async fn orders_take_a_caller_out_and_the_action_says_from_where() {
    for (agent, result) in [
        (None, "redirected"),
        (Some("/agent"), "bridging-in-process"),
        (Some("/agent-plain"), "redirected-from-bridged"),
    ] {
        let two = Two::begin().await;
        let member = two.dial(two.caller("/enqueue").waits_for_answer());
        two.asked("/wait").await;
        let agent = agent.map(|path| two.dial(two.agent(path)));
        match result {
            "bridging-in-process" => drop(two.asked("/whisper").await),
            "redirected-from-bridged" => {
                while two.world.queues.waiting() > 0 {
                    tokio::task::yield_now().await;
                }
                tokio::time::sleep(secs(1)).await;
            }
            _ => {}
        }
        let next = Order::Redirect(two.world.web.url("/redirected"));
        assert!(two.world.registry.order(&CallId::from(MEMBER), next));
        says(&two.asked("/left").await, &[("QueueResult", result), ("CallSid", MEMBER_SID)]);
        let member = member.await.unwrap();
        let transcript = member.transcript();
        assert!(
            transcript.contains("somewhere else") && !transcript.contains("good bye"),
            "{result}: {transcript}"
        );
        if let Some(agent) = agent {
            agent.await.unwrap();
        }
        two.world.stopped().await;
    }
}

#[tokio::test]
async fn the_api_shows_who_waits_and_sends_a_caller_to_a_document() {
    let two = Two::begin().await;
    let member = two.dial(two.caller("/enqueue").waits_for_answer());
    two.asked("/wait").await;
    let sid = QueueId::new("acme", "support").sid();
    let (status, all) = two.api("GET", "/v2/accounts/acme/queues", None).await;
    assert_eq!(
        (status, &all["queues"][0]["sid"], &all["queues"][0]["size"]),
        (200, &json!(sid), &json!(1))
    );
    assert_eq!(two.api("GET", "/v2/accounts/other/queues", None).await.1, json!({"queues": []}));
    let (_, one) = two.api("GET", &format!("/v2/accounts/_/queues/{sid}"), None).await;
    assert_eq!(one["members"][0]["call_sid"], MEMBER_SID);
    assert_eq!((&one["members"][0]["position"], &one["max_size"]), (&json!(1), &json!(1000)));
    let members = "/v2/accounts/acme/queues/support/members";
    let to = json!({"url": two.world.web.url("/redirected"), "method": "get"});
    for (path, body, code, status) in [
        (format!("{members}/front"), json!({"url": "ftp://x"}), "bad_request", 400),
        (format!("{members}/front"), json!({"uri": "http://x"}), "bad_request", 400),
        (format!("{members}/nobody"), to.clone(), "not_found", 404),
        ("/v2/accounts/acme/queues/none/members/front".to_owned(), to.clone(), "not_found", 404),
    ] {
        let (found, answer) = two.api("POST", &path, Some(body)).await;
        assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{path} {answer}");
    }
    let (status, taken) =
        two.api("POST", &format!("{members}/{MEMBER_SID}"), Some(to.clone())).await;
    assert_eq!((status, &taken["call_id"]), (200, &json!(MEMBER)));
    says(&two.asked("/left").await, &[("QueueResult", "redirected")]);
    assert_eq!(two.asked("/redirected").await.method, "GET");
    assert!(member.await.unwrap().transcript().contains("somewhere else"));
    let (status, _) = two.api("POST", &format!("{members}/front"), Some(to)).await;
    assert_eq!(status, 404, "nobody waits any more");
    two.world.stopped().await;
}

#[tokio::test]
async fn a_caller_waits_on_at_its_place_when_the_server_has_stopped_and_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("pivot.sqlite");
    let two = Two::keeping(Web::start(answer).await.unwrap(), &store).await;
    let member = two.dial(two.caller("/enqueue").waits_for_answer());
    let queue = two.asked("/wait").await.parameter("QueueSid").unwrap().to_owned();
    let web = two.world.stopped_but_web().await;
    let member = member.await.unwrap();
    assert_eq!(member.outcome, Outcome::ContinuedDialplan, "{}", member.transcript());
    assert!(!member.transcript().contains("sorry"), "{}", member.transcript());

    let two = Two::keeping(web, &store).await;
    let before = two.requests("/wait").len();
    // As the dialplan hands it over.
    let caller = two.caller("/enqueue").variable("pivot_resume", format!("{queue}@1"));
    let member = two.dial(caller.waits_for_answer());
    timeout(PATIENCE, async {
        while two.requests("/wait").len() == before {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert_eq!(two.requests("/enqueue").len(), 1, "it goes on where it was");
    let agent =
        two.dial(two.agent("/agent-plain").waits_for_conference().pauses(secs(3)).types("*"));
    says(&two.asked("/left").await, &[("QueueResult", "bridged"), ("QueueSid", &queue)]);
    let cdr = two.world.cdr(MEMBER).await;
    assert_eq!(cdr.parameter("Interrupted"), None);
    assert!(member.await.unwrap().transcript().contains("good bye caller"));
    agent.await.unwrap();
    let web = two.world.stopped_but_web().await;
    let cdrs = web
        .asked()
        .into_iter()
        .filter(|a| a.path == "/cdr" && a.parameter("Call-ID") == Some(MEMBER));
    assert_eq!(cdrs.count(), 1, "one call, one record");
}

#[tokio::test]
async fn a_server_that_knows_nothing_of_a_caller_begins_anew_and_lets_it_have_its_place() {
    let two = Two::begin().await;
    let early = Timestamp::now().minus(secs(100));
    let queue = QueueId::new("acme", "support");
    let resume = format!("{}@{}", queue.sid(), early.micros());
    let caller = two.caller("/enqueue").variable("pivot_resume", resume);
    two.dial(caller.hears("please wait").hangs_up()).await.unwrap();
    let waited = two.asked("/left").await.parameter("QueueTime").unwrap().parse::<u64>().unwrap();
    assert!((100..120).contains(&waited), "{waited}");
    assert_eq!(two.requests("/enqueue").len(), 1);
    two.world.stopped().await;
}
