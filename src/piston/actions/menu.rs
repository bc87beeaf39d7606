//! `menu`: a greeting, an entry, and the child that the entry names (`reference/piston.md` 3.3.1,
//! 3.5.1). The menu's record stands in `data` itself.

use super::{
    action::Perform,
    menu_media::{EXIT, GOODBYE, GREETING, INVALID, MenuMedia, TRANSFER},
};
use crate::{
    base::phone::{Key, KeySet},
    call::{Collect, CollectEnd, Step},
    piston::{
        Flow,
        fields::Fields,
        library::Found,
        stage::{Ended, Stage},
    },
};
use regex::Regex;
use std::time::Duration;

/// `name`, `retries`, `timeout`, `interdigit_timeout`, `max_extension_length`, `hunt`, `hunt_allow`,
/// `hunt_deny`, `suppress_media`, `media`, and without effect `id`, `record_pin`,
/// `allow_record_from_offnet`.
#[derive(Debug)]
pub(in crate::piston) struct Menu {
    name: String,
    tries: u64,
    timeout: Duration,
    interdigit: Duration,
    longest: usize,
    hunt: bool,
    allow: Option<Regex>,
    deny: Option<Regex>,
    greeting: MenuMedia,
    invalid: MenuMedia,
    exit: MenuMedia,
    transfer: MenuMedia,
    quiet: bool,
}

impl Perform for Menu {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let mut time = |key, or| {
            let ms = fields.integer(key, 1..=if key == "timeout" { 60_000 } else { 10_000 });
            Duration::from_millis(ms.unwrap_or(or))
        };
        let (timeout, interdigit) = (time("timeout", 10_000), time("interdigit_timeout", 2_000));
        let media = fields.nested("media", |media| {
            [
                MenuMedia::read(media, "greeting", GREETING),
                MenuMedia::read(media, "invalid_media", INVALID),
                MenuMedia::read(media, "exit_media", EXIT),
                MenuMedia::read(media, "transfer_media", TRANSFER),
            ]
        });
        let usual = || [GREETING, INVALID, EXIT, TRANSFER].map(MenuMedia::Usual);
        let [greeting, invalid, exit, transfer] = media.unwrap_or_else(usual);
        fields.text("id");
        fields.without_effect("id", "menus are not stored; their keys stand in \"data\"");
        fields.parsed("record_pin", |pin| {
            let fits = (3..=6).contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_digit());
            if fits { Ok(()) } else { Err("3 to 6 digits are allowed".to_owned()) }
        });
        fields.without_effect("record_pin", "greetings are not recorded over the telephone");
        fields.boolean("allow_record_from_offnet");
        fields.without_effect(
            "allow_record_from_offnet",
            "greetings are not recorded over the telephone",
        );
        let hunt = fields.boolean("hunt").unwrap_or(false);
        let (allow, deny) = (fields.regex("hunt_allow"), fields.regex("hunt_deny"));
        if !hunt {
            fields.without_effect("hunt_allow", "\"hunt\" is not true");
            fields.without_effect("hunt_deny", "\"hunt\" is not true");
        }
        Self {
            name: fields.text("name").unwrap_or_default().to_owned(),
            tries: fields.integer("retries", 1..=10).unwrap_or(3),
            timeout,
            interdigit,
            longest: fields.integer("max_extension_length", 1..=6).unwrap_or(4) as usize,
            hunt,
            allow,
            deny,
            greeting,
            invalid,
            exit,
            transfer,
            quiet: fields.boolean("suppress_media").unwrap_or(false),
        }
    }

    fn about(&self) -> String {
        self.name.clone()
    }

    fn leads_to(&self, key: &str) -> bool {
        let entry = (key.len() <= self.longest && KeySet::parse(key).is_some()) || key == "#";
        entry || matches!(key, "_" | "timeout" | "max_retries")
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        stage.answer().await?;
        let rules = self.rules(stage);
        for _ in 0..self.tries {
            if stage.call.typed_ahead().is_empty() {
                self.greeting.play(stage).await?;
            }
            let entry = stage.call.collect(&[], &rules).await?;
            let digits = match entry.end {
                // A lone `#` is an entry where the menu has a child for it.
                CollectEnd::Terminator(_) if entry.digits.is_empty() && stage.leads("#") => "#",
                _ => entry.digits.as_str(),
            };
            if digits.is_empty() {
                if stage.leads("timeout") {
                    return Ok(Ended::at("timeout", "nothing typed"));
                }
                continue;
            }
            if stage.leads(digits) {
                return Ok(Ended::at(digits, format!("digits {digits:?}")));
            }
            if let Some(flow) = self.hunted(digits, stage) {
                self.say(&self.transfer, stage).await?;
                return Ok(Ended::branch(flow, format!("digits {digits:?}, a number")));
            }
            self.say(&self.invalid, stage).await?;
        }
        self.give_up(stage).await
    }
}

impl Menu {
    /// With no numbers to hunt for, an entry is complete when it is as long as the longest child.
    fn rules(&self, stage: &Stage<'_>) -> Collect {
        let keys = stage.node.children.iter().map(|(key, _)| &**key);
        let entries = keys.filter(|key| KeySet::parse(key).is_some());
        let longest_child = entries.map(str::len).max().filter(|_| !self.hunt);
        let max = longest_child.map_or(self.longest, |longest| longest.min(self.longest));
        Collect {
            first_digit: self.timeout,
            inter_digit: self.interdigit,
            min: 0,
            max: u32::try_from(max).ok(),
            terminators: Key::new('#').into_iter().collect(),
            ..Collect::default()
        }
    }

    /// The callflow of a number, if the menu may hunt for it. `no_match` is no answer to a hunt:
    /// every wrong entry would lead there.
    fn hunted(&self, digits: &str, stage: &mut Stage<'_>) -> Option<Flow> {
        let allowed = self.allow.as_ref().is_none_or(|allow| allow.is_match(digits));
        let denied = self.deny.as_ref().is_some_and(|deny| deny.is_match(digits));
        if !self.hunt || !allowed || denied {
            return None;
        }
        let found: Found = stage.library.find(digits).filter(|found| !found.no_match)?;
        let number = found.capture_group.unwrap_or_else(|| digits.to_owned());
        stage.caller.hunted = Some(number);
        Some(found.flow)
    }

    async fn give_up(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        const OUTCOME: &str = "no tries left";
        self.say(&self.exit, stage).await?;
        if stage.leads("max_retries") {
            return Ok(Ended::at("max_retries", OUTCOME));
        }
        match stage.wildcard_is_empty() {
            true if self.quiet => {}
            true => GOODBYE.play(stage).await?,
            false => self.say(&self.transfer, stage).await?,
        }
        Ok(Ended::go_on(OUTCOME))
    }

    async fn say(&self, media: &MenuMedia, stage: &mut Stage<'_>) -> Step<()> {
        if self.quiet { Ok(()) } else { media.play(stage).await }
    }
}
