//! `pivot guard`

use super::{
    arguments::{block_on, complain},
    own_api::{OwnApi, Unreachable},
};
use crate::{
    config::{self, Config},
    http::Rule,
};
use anstyle::{AnsiColor, Style};
use clap::Subcommand;
use serde_json::{Value, json};
use std::{path::PathBuf, process::ExitCode};

/// Arguments of `pivot guard`.
#[derive(Debug, clap::Args)]
#[command(after_help = "What is blocked is always refused; what is allowed is taken although its \
                        address is private or otherwise special; special addresses are refused; the \
                        rest passes. A change holds from the next request on, also for calls that are \
                        up, and survives a restart.\n\nThe command asks the running server by its API \
                        (api.token), or changes the database itself when no server runs.\n\nExit \
                        codes: 0 done, 1 not done, or `test` says refused, 2 wrong arguments.")]
pub(super) struct Arguments {
    /// Configuration file of the server (TOML).
    #[arg(long, short, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Print the API's answer as JSON instead of lines for people.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    wish: Wish,
}

#[derive(Debug, Subcommand)]
enum Wish {
    /// Refuse addresses in a network.
    #[command(visible_alias = "blacklist_client_ip")]
    BlockCidr { cidr: String },
    /// Refuse a host by its name, as it stands in a URL.
    #[command(visible_alias = "blacklist_client_host")]
    BlockHost { host: String },
    /// Take addresses in a network although they are special.
    AllowCidr { cidr: String },
    /// Take a host although its addresses are special.
    AllowHost { host: String },
    /// Remove a rule that was added: `remove block-cidr 10.0.0.0/8`.
    Remove {
        /// block-cidr, block-host, allow-cidr or allow-host.
        kind: String,
        /// The network or host.
        value: String,
    },
    /// Show all rules and where they come from.
    #[command(visible_alias = "show_client_blacklists")]
    List,
    /// Say what becomes of a URL, at each of its addresses, and which rule decides.
    Test { url: String },
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let request = match request(&arguments.wish) {
        Ok(request) => request,
        Err(error) => return complain(&error),
    };
    let config = match config::load(arguments.config.as_deref(), std::env::vars()) {
        Ok(config) => config,
        Err(error) => return complain(&error),
    };
    match block_on(ask(&config, &request)) {
        Ok(Ok(answer)) => {
            show(&arguments.wish, &answer, arguments.json);
            match answer["allowed"] == json!(false) {
                true => ExitCode::FAILURE,
                false => ExitCode::SUCCESS,
            }
        }
        Ok(Err(error)) => complain(&error),
        Err(error) => complain(&error),
    }
}

/// What the API is asked.
struct Request {
    method: &'static str,
    path: String,
    body: Option<Value>,
}

fn request(wish: &Wish) -> Result<Request, crate::http::RuleError> {
    let add = |kind, value: &str| Ok(of_rule("PUT", &Rule::parse(kind, value)?));
    match wish {
        Wish::BlockCidr { cidr } => add("block-cidr", cidr),
        Wish::BlockHost { host } => add("block-host", host),
        Wish::AllowCidr { cidr } => add("allow-cidr", cidr),
        Wish::AllowHost { host } => add("allow-host", host),
        Wish::Remove { kind, value } => Ok(of_rule("DELETE", &Rule::parse(kind, value)?)),
        Wish::List => Ok(Request { method: "GET", path: "/v2/guard/rules".to_owned(), body: None }),
        Wish::Test { url } => {
            let (path, body) = ("/v2/guard/test".to_owned(), Some(json!({"url": url})));
            Ok(Request { method: "POST", path, body })
        }
    }
}

fn of_rule(method: &'static str, rule: &Rule) -> Request {
    let path = format!("/v2/guard/rules/{}/{}", rule.kind(), rule.value());
    Request { method, path, body: None }
}

async fn ask(config: &Config, request: &Request) -> Result<Value, Unreachable> {
    let changes = matches!(request.method, "PUT" | "DELETE");
    let api = OwnApi::reach(config, changes).await?;
    let answer = api.ask(request.method, &request.path, request.body.as_ref()).await;
    api.close().await;
    answer
}

const GOOD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green))).bold();
const BAD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red))).bold();

fn show(wish: &Wish, answer: &Value, json: bool) {
    match wish {
        _ if json => anstream::println!("{answer}"),
        Wish::Test { .. } => show_verdict(answer),
        Wish::List => list(&answer["rules"]).iter().for_each(show_rule),
        Wish::Remove { .. } => anstream::println!("removed"),
        _ => show_rule(answer),
    }
}

fn show_rule(rule: &Value) {
    let [kind, value, source] = ["kind", "value", "source"].map(|key| text(&rule[key]));
    anstream::println!("{kind:<10}  {value:<30}  {source}");
}

fn show_verdict(answer: &Value) {
    let word = |allowed: &Value| match allowed.as_bool() {
        Some(true) => format!("{GOOD}allowed{GOOD:#}"),
        _ => format!("{BAD}refused{BAD:#}"),
    };
    anstream::println!("{}  {}", word(&answer["allowed"]), text(&answer["url"]));
    for address in list(&answer["addresses"]) {
        // A host that its name alone refuses has not been looked up.
        let at = address["address"].as_str().unwrap_or(text(&answer["host"]));
        let rule = match &address["rule"] {
            Value::Null => String::new(),
            rule => {
                let [kind, value, source] = ["kind", "value", "source"].map(|key| text(&rule[key]));
                format!(" ({kind} {value}, {source})")
            }
        };
        let because = text(&address["because"]);
        anstream::println!("  {}  {at}: {because}{rule}", word(&address["allowed"]));
    }
    if let Some(reason) = answer["reason"].as_str() {
        anstream::println!("  {reason}");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
