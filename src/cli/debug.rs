//! `pivot debug`

use super::{
    arguments::{block_on, complain},
    own_api::{OwnApi, Unreachable},
};
use crate::{
    base::clock::GREGORIAN_UNIX_SECONDS,
    config::{self, Config},
};
use anstyle::{AnsiColor, Style};
use serde_json::Value;
use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, UNIX_EPOCH},
};

/// Arguments of `pivot debug`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A call has debug records if its `pivot` action says `debug: true`, or the \
                        dialplan pivot_debug=true; answers that cannot be run are kept for every \
                        call. Secrets are masked.\n\nThe command asks the running server by its API \
                        (api.token), or reads the database itself when no server runs.\n\nExit codes: \
                        0 shown, 1 nothing to show or not possible, 2 wrong arguments."
)]
pub(super) struct Arguments {
    /// The call whose records are shown, by the switch's id or as CA…; without it, the calls that have some
    /// are listed.
    #[arg(value_name = "CALL_ID")]
    call: Option<String>,
    /// Only calls of this account.
    #[arg(long, value_name = "ACCOUNT_ID", default_value = "_", hide_default_value = true)]
    account: String,
    /// Configuration file of the server (TOML).
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the API's answer as JSON instead of lines for people.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let config = match config::load(arguments.config.as_deref(), std::env::vars()) {
        Ok(config) => config,
        Err(error) => return complain(&error),
    };
    let answer = match block_on(ask(&config, arguments)) {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return complain(&error),
        Err(error) => return complain(&error),
    };
    match &arguments.call {
        _ if arguments.json => anstream::println!("{answer}"),
        None => list(&answer["data"]).iter().for_each(show_call),
        Some(_) => {
            show_call(&answer["call"]);
            list(&answer["data"]).iter().for_each(show_record);
            if answer["complete"] == Value::Bool(false) {
                anstream::println!(
                    "\n{FAINT}The call may have asked more: later records are not kept.{FAINT:#}"
                );
            }
        }
    }
    ExitCode::SUCCESS
}

async fn ask(config: &Config, arguments: &Arguments) -> Result<Value, Unreachable> {
    let account = &escaped(&arguments.account);
    let path = match &arguments.call {
        None => format!("/v2/accounts/{account}/pivot/debug"),
        Some(call) => format!("/v2/accounts/{account}/pivot/debug/{}", escaped(call)),
    };
    let api = OwnApi::reach(config, false).await?;
    let answer = api.ask("GET", &path, None).await;
    api.close().await;
    answer
}

/// As one segment of a path.
fn escaped(segment: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(segment.as_bytes()).collect();
    escaped.replace('+', "%20")
}

const ASKED: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan))).bold();
const GOOD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green))).bold();
const BAD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red))).bold();
const FAINT: Style = Style::new().dimmed();

fn show_call(call: &Value) {
    let [id, account, node, uri] =
        ["call_id", "account_id", "node", "uri"].map(|key| text(&call[key]));
    let status = call["status_code"].as_str().unwrap_or("–");
    let faulty = [&call["has_schema_errors"], &call["has_json_errors"]];
    let fault = match faulty.iter().any(|flag| flag.as_bool() == Some(true)) {
        true => format!("  {BAD}faulty document{BAD:#}"),
        false => String::new(),
    };
    let account = if account.is_empty() { "–" } else { account };
    let when = when(&call["created"]);
    anstream::println!("{FAINT}{when}{FAINT:#}  {id}  {account}  {node}  {status}  {uri}{fault}");
}

fn show_record(record: &Value) {
    match text(&record["kind"]) {
        "request" => {
            let (number, when) = (&record["iteration"], when(&record["created"]));
            let method = text(&record["method"]).to_ascii_uppercase();
            let uri = text(&record["uri"]);
            anstream::println!(
                "\n{ASKED}{number}. {method}{ASKED:#} {uri}  {FAINT}{when}{FAINT:#}"
            );
            show_content(&record["req_headers"], &record["req_body"]);
        }
        "response" => {
            let (status, took) = (text(&record["resp_status_code"]), &record["took_ms"]);
            let style = if status.starts_with('2') { GOOD } else { BAD };
            anstream::println!("   {style}{status}{style:#} after {took} ms");
            show_content(&record["resp_headers"], &record["resp_body"]);
        }
        "failure" => {
            let [kind, message] = ["kind", "message"].map(|key| text(&record["error"][key]));
            anstream::println!("   {BAD}no answer ({kind}){BAD:#}: {message}");
        }
        "json_errors" => {
            let error = &record["json_errors"];
            let [before, after, message] = ["before", "after", "message"].map(|k| text(&error[k]));
            anstream::println!("   {BAD}not JSON{BAD:#}: {message}");
            if !(before.is_empty() && after.is_empty()) {
                anstream::println!(
                    "     {FAINT}…{before}{FAINT:#}{BAD}⟨here⟩{BAD:#}{FAINT}{after}…{FAINT:#}"
                );
            }
        }
        "schema_errors" => {
            for (place, error) in record["schema_errors"].as_object().into_iter().flatten() {
                let message = text(&error["invalid"]["message"]);
                anstream::println!("   {BAD}{place}{BAD:#}: {message}");
            }
        }
        other => anstream::println!("   {other}"),
    }
}

fn show_content(headers: &Value, body: &Value) {
    for (name, value) in headers.as_object().into_iter().flatten() {
        anstream::println!("     {FAINT}{name}: {}{FAINT:#}", text(value));
    }
    text(body).lines().for_each(|line| anstream::println!("     {line}"));
}

/// Gregorian seconds for people.
fn when(gregorian: &Value) -> String {
    let seconds = gregorian.as_u64().unwrap_or_default().saturating_sub(GREGORIAN_UNIX_SECONDS);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
