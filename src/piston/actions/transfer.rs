//! `transfer`: hands the call to an extension of the switch's own dialplan.

use super::action::Perform;
use crate::{
    call::Step,
    piston::{
        fields::Fields,
        stage::{Ended, Next, Stage},
    },
};

/// `target`, `captures`, `leg`, `transfer_type`.
#[derive(Debug)]
pub(in crate::piston) struct Transfer {
    target: String,
}

impl Perform for Transfer {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let target = fields.parsed("target", extension);
        let captures = fields.texts("captures").unwrap_or_default();
        let captured = captures.first().map(|text| extension(text));
        if let Some(Err(allowed)) = &captured {
            fields.error("captures", allowed);
        }
        if target.is_none() && captured.is_none() {
            fields.remark("no \"target\": the call goes to the extension no_match");
        }
        if fields.choice("leg", &[("self", false), ("bleg", true)]) == Some(true) {
            fields.warning(
                "leg",
                "no other leg is up while a callflow runs: the caller is transferred",
            );
        }
        let attended = fields.choice("transfer_type", &[("blind", false), ("attended", true)]);
        if attended == Some(true) {
            fields.warning("transfer_type", "the transfer is blind: there is nobody to attend it");
        }
        let target = target.or(captured.and_then(Result::ok));
        Self { target: target.unwrap_or_else(|| "no_match".to_owned()) }
    }

    fn about(&self) -> String {
        self.target.clone()
    }

    fn leads_to(&self, _: &str) -> bool {
        false
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        stage.call.transfer(&self.target, None).await?;
        Ok(Ended { next: Next::HandedOver, outcome: "handed over".to_owned() })
    }
}

/// An extension: nothing that the switch would take for a second word or an expansion.
fn extension(text: &str) -> Result<String, String> {
    let fits = (1..=128).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+*#_.@-".contains(c));
    match fits {
        true => Ok(text.to_owned()),
        false => Err("an extension of letters, digits and + * # _ . @ - is allowed".to_owned()),
    }
}
