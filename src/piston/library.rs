//! Callflows from files, found by number, pattern or id.

use super::{
    Flow,
    document::{self, Callflow},
    report,
    tree::Node,
};
use crate::base::{Diagnostic, limits};
use regex::Regex;
use std::{
    collections::HashMap,
    fmt, io,
    path::{Path, PathBuf},
};

/// The number whose flow takes every dialled number that nothing else matches.
const NO_MATCH: &str = "no_match";

/// All stored callflows.
#[derive(Debug, Default)]
pub struct Library {
    flows: Vec<(String, Flow)>,
    numbers: HashMap<String, usize>,
    patterns: Vec<(Regex, usize)>,
}

/// A callflow that was found by a number.
#[derive(Clone, Debug)]
pub struct Found {
    /// The callflow's id: its file's name without `.json`.
    pub id: String,
    /// The callflow.
    pub flow: Flow,
    /// What its pattern captured; `None` for an exact number and for `no_match`.
    pub capture_group: Option<String>,
    /// Whether it is the flow for numbers that nothing else matches.
    pub no_match: bool,
}

/// Why the callflows cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// A folder or file that cannot be read.
    #[error("cannot read {}: {source}; check callflows.dir", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Faults in documents.
    #[error("the callflows have errors:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}

/// A remark and the file that it is about; reads as `FILE:LINE:COLUMN: error: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which file.
    pub file: PathBuf,
    /// Where in it, and what.
    pub diagnostic: Diagnostic,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.diagnostic)
    }
}

impl Library {
    /// Reads every `NAME.json` of a folder; an empty path gives an empty library. All files are read
    /// before an error is given, so that one start shows every fault.
    pub fn load(folder: &Path) -> Result<Self, LibraryError> {
        let mut library = Self::default();
        if folder.as_os_str().is_empty() {
            return Ok(library);
        }
        let mut faults = Vec::new();
        for path in files(folder)? {
            let bytes = bounded(&path).map_err(|source| unreadable(&path, source))?;
            let parsed = document::stored(&bytes);
            for diagnostic in parsed.diagnostics {
                let fault = Fault { file: path.clone(), diagnostic };
                match fault.diagnostic.severity {
                    crate::base::Severity::Error => faults.push(fault),
                    crate::base::Severity::Warning => tracing::warn!("{fault}"),
                }
            }
            if let Some(callflow) = parsed.value {
                library.add(&path, callflow, &bytes, &mut faults);
            }
        }
        library.warn_of_missing_ids();
        if faults.is_empty() { Ok(library) } else { Err(LibraryError::Faults(faults)) }
    }

    /// The callflow for a dialled number: the exact number first, then the pattern with the longest
    /// capture, then `no_match`, which takes only digits and `+` (`reference/piston.md` 1.1).
    pub fn find(&self, number: &str) -> Option<Found> {
        if let Some(&at) = self.numbers.get(number).filter(|_| number != NO_MATCH) {
            return Some(self.found(at, None, false));
        }
        // The first of equal length wins, whatever the order of the others.
        let longest = self
            .patterns
            .iter()
            .filter_map(|(pattern, at)| Some((captured(pattern, number)?, *at)))
            .reduce(|best, next| if next.0.len() > best.0.len() { next } else { best });
        if let Some((captured, at)) = longest {
            return Some(self.found(at, Some(captured), false));
        }
        let dialled = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '+');
        let at = self.numbers.get(NO_MATCH).filter(|_| dialled)?;
        Some(self.found(*at, None, true))
    }

    /// The callflow of this id.
    pub fn by_id(&self, id: &str) -> Option<Flow> {
        self.flows.iter().find(|(name, _)| name == id).map(|(_, flow)| flow.clone())
    }

    /// How many callflows there are.
    pub fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }

    fn found(&self, at: usize, captured: Option<String>, no_match: bool) -> Found {
        let (id, flow) = &self.flows[at];
        let capture_group = captured.filter(|captured| !captured.is_empty());
        Found { id: id.clone(), flow: flow.clone(), capture_group, no_match }
    }

    fn add(&mut self, path: &Path, callflow: Callflow, bytes: &[u8], faults: &mut Vec<Fault>) {
        let at = self.flows.len();
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (number, offset) in callflow.numbers {
            match self.numbers.get(&number) {
                Some(&other) if other != at => {
                    let (other, _) = &self.flows[other];
                    let message = format!("the number {number:?} belongs to {other}.json already");
                    let place = report::place(bytes, offset);
                    let diagnostic = Diagnostic::error(place, message);
                    faults.push(Fault { file: path.to_owned(), diagnostic });
                }
                _ => {
                    self.numbers.insert(number, at);
                }
            }
        }
        self.patterns.extend(callflow.patterns.into_iter().map(|pattern| (pattern, at)));
        self.flows.push((id, callflow.flow));
    }

    /// A `callflow` action that names no file fails in the middle of a call; better told now.
    fn warn_of_missing_ids(&self) {
        for (name, flow) in &self.flows {
            let ids = flow.nodes().iter().filter_map(Node::callflow_id);
            for id in ids.filter(|id| self.by_id(id).is_none()) {
                tracing::warn!(callflow = %name, missing = %id, "a callflow action names no file");
            }
        }
    }
}

/// The longest group that a pattern captures in a number, empty if it has none; `None` if it does
/// not match.
fn captured(pattern: &Regex, number: &str) -> Option<String> {
    let captures = pattern.captures(number)?;
    let groups = captures.iter().skip(1).flatten().map(|group| group.as_str());
    // `max_by_key` gives the last of several; the first counts.
    let longest = groups.reduce(|best, next| if next.len() > best.len() { next } else { best });
    Some(longest.unwrap_or_default().to_owned())
}

/// The folder's JSON files in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, LibraryError> {
    let unreadable = |source| unreadable(folder, source);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A file's content, but not more of it than a document may have: one byte beyond shows that it is
/// too large.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut bytes = Vec::new();
    let most = limits::DOCUMENT_BYTES as u64 + 1;
    std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, source: io::Error) -> LibraryError {
    LibraryError::Read { path: path.to_owned(), source }
}
