//! `callflow`: runs a stored callflow, then comes back.

use super::action::Perform;
use crate::{
    call::Step,
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};

/// `id`.
#[derive(Debug)]
pub(in crate::piston) struct Callflow {
    id: String,
}

impl Callflow {
    /// Which callflow.
    pub(in crate::piston) fn id(&self) -> &str {
        &self.id
    }
}

impl Perform for Callflow {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let id = fields.text("id").unwrap_or_default();
        if id.is_empty() {
            fields.remark("no \"id\": the call goes on at \"_\"");
        }
        Self { id: id.to_owned() }
    }

    fn about(&self) -> String {
        self.id.clone()
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        match stage.library.by_id(&self.id) {
            Some(flow) => Ok(Ended::branch(flow, "found")),
            None => {
                stage.note(format!("there is no callflow {:?}", self.id));
                Ok(Ended::go_on("not found"))
            }
        }
    }
}
