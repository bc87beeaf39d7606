//! Documents of which only what they say and play is used (`reference/plivo.md` 0, 7).

use super::{
    document::Document,
    verbs::{Action, Spoken},
};
use crate::{
    base::Happening,
    call::{Call, Prompt, Sound},
};

/// What a document says and plays; everything else in it is remarked on and left out.
pub(super) fn of(document: &Document, call: &mut Call) -> Vec<Prompt> {
    let mut spoken = Vec::new();
    for verb in &document.verbs {
        match &verb.action {
            Action::Speak(said) => spoken.push(said.clone()),
            Action::Pause(pause) => {
                let silence = vec![Sound::Silence(pause.length)];
                spoken.push(Spoken::new(silence, crate::call::Loops::Times(1)));
            }
            _ => {
                let (line, column) = verb.at;
                let message = format!(
                    "{line}:{column}: <{}> is left out: such a document only speaks, plays and waits",
                    verb.name
                );
                call.tell(Happening::Noted { error: true, message });
            }
        }
    }
    Spoken::in_a_row(&spoken)
}
