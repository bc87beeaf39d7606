//! `pivot check`

use crate::{
    base::{Diagnostic, Severity, limits},
    piston, xml,
};
use anstyle::{AnsiColor, Style};
use std::{
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Arguments of `pivot check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A file whose first character is `<` is read as XML (TwiML, Plivo XML), any \
                        other as a Piston callflow.\n\nExit codes: 0 no errors (there may be \
                        warnings), 1 errors, 2 wrong arguments."
)]
pub(super) struct Arguments {
    /// Documents to check; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object a remark instead of lines for people.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let mut errors = 0;
    for file in &arguments.files {
        let remarks = match read(file) {
            Ok(bytes) => check(&bytes),
            Err(error) => vec![Diagnostic::error((1, 1), error.to_string())],
        };
        errors += remarks.iter().filter(|r| r.severity == Severity::Error).count();
        for remark in &remarks {
            print(file, remark, arguments.json);
        }
    }
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// At most one byte more than a document may have: enough to say that it is too long.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let limit = limits::DOCUMENT_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().take(limit).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(file)?.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn check(bytes: &[u8]) -> Vec<Diagnostic> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match text.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'<') => xml::check(bytes),
        _ => piston::check(bytes),
    }
}

fn print(file: &Path, remark: &Diagnostic, json: bool) {
    if json {
        let line = serde_json::json!({
            "file": file, "line": remark.line, "column": remark.column,
            "severity": remark.severity, "message": remark.message,
        });
        return anstream::println!("{line}");
    }
    let (name, colour) = match remark.severity {
        Severity::Error => ("error", AnsiColor::Red),
        Severity::Warning => ("warning", AnsiColor::Yellow),
    };
    let style = Style::new().fg_color(Some(colour.into())).bold();
    let (file, Diagnostic { line, column, message, .. }) = (file.display(), remark);
    anstream::println!("{file}:{line}:{column}: {style}{name}{style:#}: {message}");
}
