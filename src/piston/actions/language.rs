//! `language`: the language of prompts and speech from here on.

use super::action::Perform;
use crate::{
    call::Step,
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};

/// `language`.
#[derive(Debug)]
pub(in crate::piston) struct Language {
    tag: String,
}

impl Perform for Language {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let language = fields.parsed("language", tag);
        if !fields.has("language") {
            fields.missing("language", "a language such as en or en-GB");
        }
        Self { tag: language.unwrap_or_default() }
    }

    fn about(&self) -> String {
        self.tag.clone()
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        stage.call.set_language(&self.tag);
        Ok(Ended::go_on("set"))
    }
}

/// `^[A-Za-z]{2}(-[A-Za-z]{2})?$`.
pub(super) fn tag(text: &str) -> Result<String, String> {
    let two = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic());
    let fits = match text.split_once('-') {
        Some((language, region)) => two(language) && two(region),
        None => two(text),
    };
    match fits {
        true => Ok(text.to_owned()),
        false => Err("a language such as \"en\" or \"en-GB\" is allowed".to_owned()),
    }
}
