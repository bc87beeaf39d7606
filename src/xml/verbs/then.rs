//! What follows when a verb has something to tell: the request to its `action`.

use super::{Outcome, Stage};
use crate::{base::Ask, config::Method, xml::Exit};

/// The `action` of a verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Then {
    /// Where; empty for the document's own URL.
    pub url: String,
    /// How.
    pub method: Method,
    /// Whether the answer is run. Plivo's `redirect="false"` still asks, and ignores the answer
    /// (`reference/plivo.md` 0, 4).
    pub redirect: bool,
}

impl Then {
    /// Leaves the document, or tells and goes on.
    pub async fn settle(
        &self,
        stage: &mut Stage<'_>,
        told: String,
        parameters: Vec<(String, String)>,
        after_hangup: bool,
    ) -> Outcome {
        let (url, method) = (self.url.clone(), self.method);
        let ask = Ask { url, method, parameters, after_hangup };
        if self.redirect {
            return Outcome { told, exit: Some(Exit::Ask(ask)) };
        }
        stage.notify(ask).await;
        Outcome::next(told)
    }
}
