//! `action`, `method` and `redirect`, as all elements that have them share them
//! (`reference/plivo.md` 4.0).

use crate::xml::{attributes::Attributes, verbs::Then};

/// The follow-up; `None` without an `action`.
pub(super) fn then(attributes: &mut Attributes<'_, '_>) -> Option<Then> {
    let url = attributes.url("action");
    let method = attributes.method("method");
    let redirect = attributes.flag("redirect", true);
    url.filter(|url| !url.is_empty()).map(|url| Then { url, method, redirect })
}
