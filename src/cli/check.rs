//! `pivot check`

use super::documents;
use crate::{
    base::{Diagnostic, Severity, limits},
    piston, xml,
};
use anstyle::{AnsiColor, Style};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Arguments of `pivot check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A file whose first character is `<` is read as XML (TwiML, Plivo XML), any \
                        other as a Piston callflow.\n\nExit codes: 0 no errors (there may be \
                        warnings), 1 errors or a file that cannot be read, 2 wrong arguments."
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
        match read(file) {
            Ok(bytes) => {
                let remarks = check(&bytes);
                errors += remarks.iter().filter(|r| r.severity == Severity::Error).count();
                remarks.iter().for_each(|remark| print(file, remark, arguments.json));
            }
            Err(reason) => {
                errors += 1;
                print_unread(file, &reason, arguments.json);
            }
        }
    }
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The file's bytes, or why it cannot be checked.
fn read(file: &Path) -> Result<Vec<u8>, String> {
    let bytes = match file.to_str() {
        Some("-") => documents::read_from(std::io::stdin()),
        _ => documents::read(file),
    };
    match bytes {
        Ok(bytes) if bytes.len() > limits::DOCUMENT_BYTES => {
            Err(format!("has more than {} MiB, the limit", limits::DOCUMENT_BYTES / (1024 * 1024)))
        }
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

fn check(bytes: &[u8]) -> Vec<Diagnostic> {
    if documents::is_xml(bytes) { xml::check(bytes) } else { piston::check(bytes) }
}

/// An error about a whole file: there is no line that it belongs to.
fn print_unread(file: &Path, reason: &str, json: bool) {
    if json {
        let line = serde_json::json!({
            "file": file.to_string_lossy(), "line": null, "column": null,
            "severity": Severity::Error, "message": reason,
        });
        return anstream::println!("{line}");
    }
    let style = style(AnsiColor::Red);
    anstream::println!("{}: {style}error{style:#}: {reason}", file.display());
}

fn print(file: &Path, remark: &Diagnostic, json: bool) {
    if json {
        let line = serde_json::json!({
            "file": file.to_string_lossy(), "line": remark.line, "column": remark.column,
            "severity": remark.severity, "message": remark.message,
        });
        return anstream::println!("{line}");
    }
    let (name, colour) = match remark.severity {
        Severity::Error => ("error", AnsiColor::Red),
        Severity::Warning => ("warning", AnsiColor::Yellow),
    };
    let style = style(colour);
    let (file, Diagnostic { line, column, message, .. }) = (file.display(), remark);
    anstream::println!("{file}:{line}:{column}: {style}{name}{style:#}: {message}");
}

fn style(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(colour.into())).bold()
}
