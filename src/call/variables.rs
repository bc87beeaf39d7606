//! Channel variables, keys to the far end, and leaving for the dialplan.

use super::{Call, DigitString, Step};
use crate::{
    base::{CallId, Happening, limits, phone::Key},
    esl::{Api, VariableName},
};
use std::time::Duration;

impl Call {
    /// Sets a channel variable to exactly this text, without expansion; `None` unsets it. A name that
    /// cannot be one, and a value that the switch would take for a list (`ARRAY::`), are refused with
    /// a log line.
    pub fn set_variable(&mut self, name: &str, value: Option<&str>) -> bool {
        let Some(name) = VariableName::new(name) else {
            tracing::warn!(call = %self.facts.call_id, name, "not the name of a channel variable");
            return false;
        };
        if value.is_some_and(|v| v.starts_with("ARRAY::")) {
            tracing::warn!(call = %self.facts.call_id, name = name.as_str(), "value refused");
            return false;
        }
        let uuid = self.facts.call_id.clone();
        // A lost connection is seen by the next wait.
        self.api(Api::SetVariable { uuid: &uuid, name: &name, value }).is_ok()
    }

    /// Sets a channel variable as [`Self::set_variable`] does, also on every leg that is dialled from
    /// here on.
    pub fn export_variable(&mut self, name: &str, value: Option<&str>) -> bool {
        if !self.set_variable(name, value) {
            return false;
        }
        if self.exported.split(',').any(|exported| exported == name) {
            return true;
        }
        if !self.exported.is_empty() {
            self.exported.push(',');
        }
        self.exported.push_str(name);
        let exported = self.exported.clone();
        self.set_variable("export_vars", Some(&exported))
    }

    /// Sends keys to the caller, each for `each` (20 ms to 10 s); ends when they have been sent, or with
    /// the first if what follows happens `beside` them.
    pub async fn send_digits(
        &mut self,
        digits: &DigitString,
        each: Duration,
        beside: bool,
    ) -> Step<()> {
        let each = each.clamp(Duration::from_millis(20), Duration::from_secs(10));
        let argument = format!("{digits}@{}", each.as_millis());
        self.run("send_dtmf", &argument, limits::APPLICATION_GRACE).await?;
        // The application only queues them.
        if beside {
            return self.pause(each).await;
        }
        let pauses = Duration::from_millis(500) * digits.half_seconds();
        self.pause(each * digits.keys() + pauses).await
    }

    /// Takes back a key that was meant for something else: nobody will find it typed ahead.
    pub fn take_back(&mut self, key: Key) {
        self.typed.take_back(key);
    }

    /// Which target of its dial a leg goes to.
    pub fn target_of(&self, leg: &CallId) -> Option<usize> {
        self.legs.find(leg).map(|dialled| dialled.target)
    }

    /// Keys that the caller typed and nobody has taken.
    pub fn typed_ahead(&self) -> String {
        self.typed.as_string()
    }

    /// Takes all keys typed ahead.
    pub fn take_typed_ahead(&mut self) -> String {
        let keys = self.typed.as_string();
        self.typed.clear();
        keys
    }

    /// Hands the call to an extension of the switch's own dialplan. The call goes on without us;
    /// [`Call::finish`] still tells how it ended.
    pub async fn transfer(&mut self, extension: &str, context: Option<&str>) -> Step<()> {
        let context = context.unwrap_or(&self.facts.context).to_owned();
        let (extension, context) = (word(extension), word(&context));
        self.leave_house();
        self.start("transfer", &format!("{extension} XML {context}"))?;
        self.progress.handed_over = true;
        self.tell(Happening::HandedOver { to: format!("{extension}@{context}") });
        Ok(())
    }
}

/// One word of an argument. The house rule against expansion is lifted before a transfer, so `$`
/// must not be in it.
fn word(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && *c != '$').collect()
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn an_extension_is_one_word_without_expansion() {
        assert_eq!(word("100 XML\n default"), "100XMLdefault");
        assert_eq!(word("${system(ls)}"), "{system(ls)}");
    }
}
