//! The program as it is run: exit codes and the lines that people and scripts rely on.

#![allow(clippy::unwrap_used)] // helpers of tests, too

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

const GATHER: &str = r#"<Response>
  <Gather numDigits="1" action="/chosen"><Say>Press one.</Say></Gather>
  <Say>We heard nothing.</Say>
</Response>"#;

/// Runs the program with that text piped to it.
fn pivot(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pivot"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not read its input may be gone by now.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn shown(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn check_names_places_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("good.xml"), GATHER).unwrap();
    fs::write(folder.join("bad.json"), "{\n  \"module\": \"plai\"\n}").unwrap();
    fs::write(folder.join("large.xml"), vec![b' '; 2 * 1024 * 1024]).unwrap();

    let cases: [(&[&str], i32, &str); 5] = [
        (&["good.xml"], 0, ""),
        (&["bad.json"], 1, "bad.json:2:"),
        (&["good.xml", "none.xml"], 1, "none.xml: error: cannot be read: No such file"),
        (&["large.xml"], 1, "large.xml: error: has more than 1 MiB, the limit"),
        (&[], 2, ""),
    ];
    for (files, code, line) in cases {
        let output = pivot(folder, &[&["check"], files].concat(), b"");
        assert_eq!(output.status.code(), Some(code), "{files:?}");
        assert!(shown(&output).starts_with(line), "{files:?}: {}", shown(&output));
        assert_eq!(shown(&output).is_empty(), line.is_empty(), "{files:?}: {}", shown(&output));
    }
}

#[test]
fn check_reads_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let good = pivot(folder.path(), &["check", "-"], GATHER.as_bytes());
    assert_eq!((good.status.code(), shown(&good).as_str()), (Some(0), ""));
    let bad = pivot(folder.path(), &["check", "-"], b"<Response><Sai/></Response>");
    assert_eq!(bad.status.code(), Some(1));
    assert!(shown(&bad).starts_with("-:1:11: error: "), "{}", shown(&bad));
}

#[test]
fn check_tells_programs_in_json() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.json"), "{\n  \"module\": \"plai\"\n}").unwrap();
    let output = pivot(folder.path(), &["check", "--json", "bad.json", "none.xml"], b"");
    assert_eq!(output.status.code(), Some(1));
    let text = shown(&output);
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let facts: Vec<_> = lines.iter().map(|l| (&l["file"], &l["severity"], &l["line"])).collect();
    let (bad, none) = (&"bad.json".into(), &"none.xml".into());
    assert_eq!(facts, [(bad, &"error".into(), &2.into()), (none, &"error".into(), &().into())]);
}

#[test]
fn try_types_piped_digits_when_something_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.xml"), GATHER).unwrap();
    let chosen = "<Response><Say>You have chosen.</Say></Response>";
    fs::write(folder.path().join("chosen.xml"), chosen).unwrap();
    let output = pivot(folder.path(), &["try", ".", "--format", "twiml"], b"1\n");
    let text = shown(&output);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what:?} in:\n{text}"));
    assert!(at("Press one.") < at("types 1"));
    assert!(at("types 1") < at("You have chosen."));
    assert!(at("You have chosen.") < at("hung up by server: NORMAL_CLEARING (200)"));
    assert_eq!(output.status.code(), Some(0), "{text}");
}

#[test]
fn try_fails_when_the_call_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&str, &[u8], i32, &str); 3] = [
        ("broken.json", b"{\"module\": \"plai\"}", 1, "DESTINATION_OUT_OF_ORDER (502)"),
        ("latin1.xml", b"<Response><Say>\xe9</Say></Response>", 1, "(502)"),
        ("reject.xml", b"<Response><Reject reason=\"busy\"/></Response>", 0, "(486)"),
    ];
    for (name, document, code, end) in cases {
        fs::write(folder.path().join(name), document).unwrap();
        let output = pivot(folder.path(), &["try", name], b"");
        assert!(shown(&output).contains(end), "{name}: {}", shown(&output));
        assert_eq!(output.status.code(), Some(code), "{name}: {}", shown(&output));
    }
    let output = pivot(folder.path(), &["try", "none.xml"], b"");
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.starts_with("pivot: none.xml: cannot be read: "), "{complaint}");
}

#[test]
fn a_single_file_is_not_served_as_its_own_next_document() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gather.xml"), GATHER).unwrap();
    let output = pivot(folder.path(), &["try", "gather.xml"], b"1\n");
    assert_eq!(
        shown(&output).matches("hears say [slt] \"Press one.").count(),
        1,
        "{}",
        shown(&output)
    );
    assert!(shown(&output).contains("there is no /chosen"), "{}", shown(&output));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn demo_ends_well_and_is_plain_in_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let output = pivot(folder.path(), &["demo", "--speed", "50"], b"");
    let text = shown(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("\n9 calls as their scripts say, 0 not (took "), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn bench_measures_a_server_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let whole = ["bench", "--self", "--calls", "12", "--concurrency", "4", "--json"];
    let output = pivot(folder.path(), &whole, b"");
    let measured: serde_json::Value = serde_json::from_str(&shown(&output)).unwrap();
    assert_eq!(output.status.code(), Some(0), "{measured}");
    assert_eq!((&measured["hung_up_by_server"], &measured["cdrs"]), (&12.into(), &12.into()));
    // speech to play, play to hangup
    assert_eq!(measured["next_command_us"]["count"], 12 * 2, "{measured}");

    let esl = ["--prompt-ms", "1", "--idle", "3", "--idle-s", "1", "--json"];
    let esl = [&["bench", "--self=esl", "--calls", "2"][..], &esl[..]].concat();
    let output = pivot(folder.path(), &esl, b"");
    let measured: serde_json::Value = serde_json::from_str(&shown(&output)).unwrap();
    assert_eq!(output.status.code(), Some(0), "{measured}");
    assert_eq!(measured["idle"]["still_up"], 3);
}

#[test]
fn bench_stays_on_loopback_and_tells_of_calls_that_went_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let far = pivot(folder.path(), &["bench", "--target", "192.0.2.1:8084"], b"");
    assert_eq!(far.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&far.stderr).contains("not a loopback address"));
    let nobody = pivot(folder.path(), &["bench", "--target", "127.0.0.1:1", "--calls", "3"], b"");
    assert_eq!(nobody.status.code(), Some(1));
    assert!(shown(&nobody).contains("3 calls ended otherwise: could not be made"));
}

/// Without a running server, the commands work on the database themselves.
#[test]
fn guard_rules_are_changed_and_tested_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("my.toml"), "[http]\nallow_cidrs = [\"10.1.0.0/16\"]\n").unwrap();
    let guard = |arguments: &[&str]| {
        let output = pivot(folder, &[&["guard", "--config", "my.toml"], arguments].concat(), b"");
        let said = shown(&output) + &String::from_utf8(output.stderr.clone()).unwrap();
        (output.status.code().unwrap(), said)
    };
    let (code, said) = guard(&["test", "http://10.2.0.1/"]);
    assert!(code == 1 && said.contains("a private address"), "{said}");
    assert!(!folder.join("pivot.sqlite").exists(), "a question leaves nothing behind");
    for (arguments, line) in [
        (["blacklist_client_ip", "10.1.9.0/24"], "block-cidr  10.1.9.0/24 "),
        (["block-host", "Bad.Example"], "block-host  bad.example "),
        (["allow-host", "0x7f.1"], "allow-host  127.0.0.1 "),
        (["allow-cidr", "10.2.3.4/16"], "allow-cidr  10.2.0.0/16 "),
    ] {
        let (code, said) = guard(&arguments);
        assert!(code == 0 && said.starts_with(line) && said.contains("operator"), "{said}");
    }
    for (url, code, words) in [
        ("http://10.2.0.1/", 0, "(allow-cidr 10.2.0.0/16, operator)"),
        ("http://10.1.1.1/", 0, "(allow-cidr 10.1.0.0/16, configuration)"),
        ("http://10.1.9.1/", 1, "(block-cidr 10.1.9.0/24, operator)"),
        ("http://u:p@bad.example/", 1, "(block-host bad.example, operator)"),
        ("http://9.9.9.9/", 0, "a public address"),
        ("gopher://9.9.9.9/", 1, "not http or https"),
    ] {
        let (told, said) = guard(&["test", url]);
        assert!(told == code && said.contains(words), "{url}: {told} {said}");
    }
    let (_, listed) = guard(&["list"]);
    assert_eq!(listed.lines().count(), 5, "{listed}");
    assert_eq!(guard(&["remove", "allow-cidr", "10.2.0.0/16"]), (0, "removed\n".to_owned()));
    assert_eq!(guard(&["test", "http://10.2.0.1/"]).0, 1);
    for (arguments, words) in [
        (&["remove", "allow-cidr", "10.1.0.0/16"], "stands in the configuration"),
        (&["remove", "allow-cidr", "10.2.0.0/16"], "there is no rule"),
        (&["remove", "allow", "x"], "not a kind of rule"),
    ] {
        let (code, said) = guard(arguments);
        assert!(code == 1 && said.starts_with("pivot: ") && said.contains(words), "{said}");
    }
    let (code, said) = guard(&["block-host", "http://h/"]);
    assert!(code == 1 && said.contains("is not a host"), "{said}");
}

#[test]
fn debug_without_records_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let list = pivot(folder.path(), &["debug"], b"");
    assert_eq!((list.status.code(), shown(&list).as_str()), (Some(0), ""));
    let json = pivot(folder.path(), &["debug", "--json", "--account", "a/b"], b"");
    assert_eq!(shown(&json), "{\"data\":[]}\n");
    let call = pivot(folder.path(), &["debug", "no such/call"], b"");
    let complaint = String::from_utf8(call.stderr).unwrap();
    assert!(
        complaint.starts_with("pivot: there are no debug records of \"no such/call\""),
        "{complaint}"
    );
    assert_eq!(call.status.code(), Some(1));
}
