//! `response`: refuses the call with a SIP status.

use super::action::Perform;
use crate::{
    base::phone::KeySet,
    call::{Prompt, Rejection, Step},
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};

/// `code`, `message`, `media`.
#[derive(Debug)]
pub(in crate::piston) struct Response {
    rejection: Rejection,
    /// Heard as early media before the refusal.
    media: Option<String>,
}

impl Perform for Response {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let code = fields.integer("code", 0..=999);
        if !fields.has("code") {
            fields.remark("no \"code\": 486 is sent");
        }
        let code = u16::try_from(code.unwrap_or(486)).unwrap_or(486);
        if !(300..=699).contains(&code) {
            fields.warning("code", format!("{code} cannot refuse a call; 480 is sent"));
        }
        let message = fields.text("message").unwrap_or_default();
        let media = fields.text_of("media", 0..=2048).filter(|media| !media.is_empty());
        Self { rejection: Rejection::new(code, message), media: media.map(str::to_owned) }
    }

    fn about(&self) -> String {
        self.rejection.code().to_string()
    }

    fn leads_to(&self, _: &str) -> bool {
        false
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        if let Some(media) = &self.media {
            stage.call.pre_answer().await?;
            stage.call.prompt(&Prompt::play(media), KeySet::NONE).await?;
        }
        Err(stage.call.reject(&self.rejection).await)
    }
}
