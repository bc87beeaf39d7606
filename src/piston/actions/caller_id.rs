//! `set_cid`, `prepend_cid`, `check_cid`: the caller's name and number. What is set is shown to legs
//! that are dialled later; the caller's own leg keeps what it came with.

use super::action::Perform;
use crate::{
    call::Step,
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};
use regex::Regex;

/// `caller_id_name`, `caller_id_number`.
#[derive(Debug)]
pub(in crate::piston) struct SetCid {
    name: String,
    number: String,
}

impl Perform for SetCid {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        Self { name: part(fields, "caller_id_name"), number: part(fields, "caller_id_number") }
    }

    fn about(&self) -> String {
        format!("{:?} {}", self.name, self.number).trim_end().to_owned()
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        stage.caller.set(&self.name, &self.number);
        stage.show_caller();
        Ok(Ended::go_on("set"))
    }
}

/// `action`, `apply_to`, `caller_id_name_prefix`, `caller_id_number_prefix`.
#[derive(Debug)]
pub(in crate::piston) struct PrependCid {
    /// Whether earlier prefixes are removed first.
    reset: bool,
    name: String,
    number: String,
}

impl Perform for PrependCid {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let only_reset = fields.choice("action", &[("reset", true), ("prepend", false)]);
        let original = fields.choice("apply_to", &[("original", true), ("current", false)]);
        let (name, number) =
            (part(fields, "caller_id_name_prefix"), part(fields, "caller_id_number_prefix"));
        match only_reset.unwrap_or(false) {
            true => Self { reset: true, name: String::new(), number: String::new() },
            false => Self { reset: original.unwrap_or(false), name, number },
        }
    }

    fn about(&self) -> String {
        match self.reset && self.name.is_empty() && self.number.is_empty() {
            true => "remove prefixes".to_owned(),
            false => format!("{:?} {}", self.name, self.number).trim_end().to_owned(),
        }
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        if self.reset {
            stage.caller.reset_prefixes();
        }
        stage.caller.prepend(&self.name, &self.number);
        stage.show_caller();
        Ok(Ended::go_on("set"))
    }
}

/// `regex`, `use_absolute_mode`, `caller_id`, `user_id`.
#[derive(Debug)]
pub(in crate::piston) struct CheckCid {
    regex: Option<Regex>,
    /// Whether the caller's number itself names the child.
    absolute: bool,
    name: String,
    number: String,
}

impl Perform for CheckCid {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let caller_id = fields.nested("caller_id", |caller_id| {
            let external = caller_id
                .nested("external", |external| (part(external, "name"), part(external, "number")));
            external.unwrap_or_default()
        });
        let (name, number) = caller_id.unwrap_or_default();
        fields.text("user_id");
        fields.without_effect("user_id", "this release has no directory of users");
        Self {
            regex: fields.regex("regex"),
            absolute: fields.boolean("use_absolute_mode").unwrap_or(false),
            name,
            number,
        }
    }

    fn about(&self) -> String {
        self.regex.as_ref().map_or(".*", Regex::as_str).to_owned()
    }

    fn leads_to(&self, key: &str) -> bool {
        matches!(key, "_" | "match" | "nomatch") || self.absolute
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        let caller = stage.call.facts().caller_number.clone();
        if !self.regex.as_ref().is_none_or(|regex| regex.is_match(&caller)) {
            return Ok(Ended::at("nomatch", format!("{caller:?} does not match")));
        }
        // Before the child runs, so that what it dials shows it.
        stage.caller.set(&self.name, &self.number);
        stage.show_caller();
        match self.absolute && stage.leads(&caller) {
            true => Ok(Ended::at(caller.as_str(), format!("child {caller:?}"))),
            false => Ok(Ended::at("match", format!("{caller:?} matches"))),
        }
    }
}

/// A part of a caller id; longer ones are cut by those who show them.
fn part(fields: &mut Fields<'_, '_, '_>, key: &'static str) -> String {
    fields.text_of(key, 0..=256).unwrap_or_default().to_owned()
}
