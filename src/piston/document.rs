//! From bytes to a checked callflow: the shape of documents and nodes. What an action's `data` may
//! hold is the action's own business.

use super::{
    actions::Action,
    fields::{Fields, below, meant, name, twice},
    json::{self, Json, Kind, Object},
    known,
    report::{Parsed, Report},
    tree::{Flow, Node},
};
use crate::base::{Diagnostic, limits};
use regex::Regex;

/// A callflow document: a flow and how calls come to it.
#[derive(Debug)]
pub(super) struct Callflow {
    pub(super) flow: Flow,
    /// Numbers, and where each stands.
    pub(super) numbers: Vec<(String, usize)>,
    pub(super) patterns: Vec<Regex>,
}

/// Reads a pivot reply.
pub(super) fn reply(bytes: &[u8]) -> Parsed<Flow> {
    read(bytes, |root, report| {
        let object = object(root, report)?;
        match is_callflow(object) {
            true => {
                report.warning(
                    root.at,
                    "a callflow document where an action is expected: its flow is run",
                );
                callflow(object, root.at, report).map(|callflow| callflow.flow)
            }
            false => flow(root, "", report),
        }
    })
}

/// Reads a callflow document as it stands in a file.
pub(super) fn stored(bytes: &[u8]) -> Parsed<Callflow> {
    read(bytes, |root, report| {
        let object = object(root, report)?;
        if is_callflow(object) {
            return callflow(object, root.at, report);
        }
        if object.get("module").is_none() {
            report.error(
                root.at,
                "\"flow\" is missing; a callflow document is {\"flow\": …, \"numbers\": […]}",
            );
            return None;
        }
        report.warning(root.at, "a bare action: no number leads to it, only its id");
        let flow = flow(root, "", report)?;
        Some(Callflow { flow, numbers: Vec::new(), patterns: Vec::new() })
    })
}

/// Reads either, as `pivot check` does.
pub(super) fn any(bytes: &[u8]) -> Vec<Diagnostic> {
    let parsed = read(bytes, |root, report| {
        let object = object(root, report)?;
        match is_callflow(object) {
            true => callflow(object, root.at, report).map(|callflow| callflow.flow),
            false => flow(root, "", report),
        }
    });
    parsed.diagnostics
}

fn read<T>(bytes: &[u8], read: impl FnOnce(&Json, &mut Report<'_>) -> Option<T>) -> Parsed<T> {
    if bytes.len() > limits::DOCUMENT_BYTES {
        let mut report = Report::new("");
        let (found, allowed) = (bytes.len(), limits::DOCUMENT_BYTES);
        report.error(0, format!("the document has {found} bytes; {allowed} are allowed"));
        return report.close(None);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = &bytes[..error.valid_up_to()];
            let mut report = Report::new(std::str::from_utf8(good).unwrap_or_default());
            report.error(good.len(), "not UTF-8 text");
            return report.close(None);
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut report = Report::new(text);
    match json::parse(text) {
        Ok(root) => {
            let value = read(&root, &mut report);
            report.close(value)
        }
        Err(error) => {
            report.syntax(error);
            report.close(None)
        }
    }
}

fn object<'d>(root: &'d Json, report: &mut Report<'_>) -> Option<&'d Object> {
    match &root.value {
        Kind::Object(object) => Some(object),
        _ => {
            let found = root.describe();
            report
                .error(root.at, format!("found {found}; a callflow is an object with \"module\""));
            None
        }
    }
}

fn is_callflow(object: &Object) -> bool {
    object.get("flow").is_some() && object.get("module").is_none()
}

fn callflow(object: &Object, at: usize, report: &mut Report<'_>) -> Option<Callflow> {
    let mut fields = Fields::new(object, at, String::new(), report);
    fields.text("name");
    fields.text("id");
    fields.nested("featurecode", |code| {
        code.text_of("name", 1..=128);
        code.text_of("number", 1..=30);
    });
    fields.value("flags");
    fields.without_effect("metaflow", "this release runs no metaflows");
    fields.without_effect("ringback", "give the action that dials its own ringback");
    let numbers = fields.texts("numbers").unwrap_or_default();
    let place = |index: usize| match &object.get("numbers")?.value.value {
        Kind::List(items) => Some(items.get(index)?.at),
        _ => None,
    };
    let numbers: Vec<_> = numbers
        .into_iter()
        .enumerate()
        .map(|(index, number)| (number.to_owned(), place(index).unwrap_or(at)))
        .collect();
    let patterns = fields.regexes("patterns").unwrap_or_default();
    let root = fields.value("flow");
    if root.is_none() {
        fields.missing("flow", "it holds the first action");
    }
    fields.close();
    let flow = flow(root?, "/flow", report)?;
    Some(Callflow { flow, numbers, patterns })
}

fn flow(root: &Json, path: &str, report: &mut Report<'_>) -> Option<Flow> {
    let mut nodes = Nodes { read: Vec::new(), full: false };
    nodes.node(root, path, 1, report);
    let nodes: Option<Vec<Node>> = nodes.read.into_iter().collect();
    nodes.and_then(Flow::of)
}

/// Nodes as they are read: a node takes its place before its children are read.
struct Nodes {
    read: Vec<Option<Node>>,
    full: bool,
}

impl Nodes {
    /// Reads a node and all under it. Gives its place, if it is a node at all.
    fn node(
        &mut self,
        json: &Json,
        path: &str,
        depth: usize,
        report: &mut Report<'_>,
    ) -> Option<usize> {
        let Kind::Object(object) = &json.value else {
            let found = json.describe();
            report.error(
                json.at,
                format!("{}: found {found}; an action is an object with \"module\"", name(path)),
            );
            return None;
        };
        if depth > limits::DOCUMENT_DEPTH {
            let most = limits::DOCUMENT_DEPTH;
            report
                .error(json.at, format!("{}: actions nest deeper than {most} levels", name(path)));
            return None;
        }
        if self.read.len() == limits::DOCUMENT_NODES {
            if !self.full {
                let most = limits::DOCUMENT_NODES;
                report.error(json.at, format!("{}: more than {most} actions", name(path)));
            }
            self.full = true;
            return None;
        }
        let place = self.read.len();
        self.read.push(None);
        let mut fields = Fields::new(object, json.at, path.to_owned(), report);
        let module = fields.text_of("module", 1..=64);
        if !fields.has("module") {
            fields.missing("module", "it names the action");
        }
        if fields.boolean("remote_execution") == Some(true) {
            fields.warning("remote_execution", "has no effect: actions run here");
        }
        let data = fields.object("data");
        let data_at = object.get("data").map_or(json.at, |member| member.value.at);
        let children = fields.object("children");
        fields.close();
        let empty = Object::default();
        let action = module.and_then(|module| {
            let at = object.get("module").map_or(json.at, |member| member.value.at);
            read_action(module, at, data.unwrap_or(&empty), data_at, path, report)
        });
        if let Some(children) = children {
            twice(children, &format!("{path}/children"), report);
        }
        let mut below_it = Vec::new();
        for member in children.map(|children| children.0.as_slice()).unwrap_or_default() {
            let path = below(&format!("{path}/children"), &member.key);
            if member.key.is_empty() {
                report.error(
                    member.at,
                    format!("{path}: a child's key is empty; use \"_\" for all others"),
                );
            }
            let unreachable =
                action.as_ref().is_some_and(|(action, _)| !action.leads_to(&member.key));
            if unreachable {
                let module = module.unwrap_or_default();
                report.warning(member.at, format!("{path}: {module} never goes to this child"));
            }
            let child = match &member.value.value {
                Kind::Object(object) if object.0.is_empty() => None,
                Kind::Null => None,
                _ => self.node(&member.value, &path, depth + 1, report),
            };
            below_it.push((member.key.as_str().into(), child));
        }
        let (action, skip) = action?;
        self.read[place] = Some(Node { path: path.into(), skip, action, children: below_it });
        Some(place)
    }
}

/// Reads an action's `data`. Gives the action and whether it is to be skipped.
fn read_action(
    module: &str,
    at: usize,
    data: &Object,
    data_at: usize,
    path: &str,
    report: &mut Report<'_>,
) -> Option<(Action, bool)> {
    let data_path = format!("{path}/data");
    if let Some(module) = known::NOT_RUN.into_iter().find(|known| *known == module) {
        report.warning(
            at,
            format!(
                "{path}/module: {module:?} is not run by this release: the call goes on at \"_\""
            ),
        );
        let mut fields = Fields::new(data, data_at, data_path, report);
        let skip = fields.boolean("skip_module").unwrap_or(false);
        fields.accept_rest();
        return Some((Action::NotRun(module), skip));
    }
    let mut fields = Fields::new(data, data_at, data_path, report);
    let skip = fields.boolean("skip_module").unwrap_or(false);
    match Action::read(module, &mut fields) {
        Some(action) => {
            fields.close();
            Some((action, skip))
        }
        None => {
            let meant = meant(module, Action::RUN.into_iter().chain(known::NOT_RUN));
            let module = json::shorten(module);
            report.error(at, format!("{path}/module: unknown action {module:?}{meant}"));
            None
        }
    }
}
