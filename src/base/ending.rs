//! Why a call ended, as far as we had a part in it: what no switch can tell.

/// What ended a call, if it was not the caller or the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The document had no more verbs.
    OutOfVerbs,
    /// A verb hung up.
    Verb,
    /// A verb refused the call.
    Refused {
        /// As busy.
        busy: bool,
    },
    /// An appointment that a verb had made.
    Scheduled,
    /// The caller's phone was sent elsewhere.
    SentOn,
    /// There was no document to go on with; Plivo's number of the failure (`reference/plivo.md` 1.6).
    NoDocument(u16),
    /// Somebody outside ordered it.
    Ordered,
    /// Something of ours failed.
    Broken,
}
