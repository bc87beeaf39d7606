//! What dialled legs are shown and what the caller hears meanwhile: set on the caller's leg, where no
//! value can become part of a dial string, and taken back after the dial. A stay in a conference is
//! dressed in the same way.

use super::{
    Call, CallerId, Dial, Sound, Step,
    channel::{RESUME, RINGING},
    dial_target::OTHER_HEADERS,
};
use crate::base::{Happening, limits};

impl Call {
    /// Sets what a dial wants, and remembers what each variable goes back to.
    pub(super) async fn dress(&mut self, dial: &Dial) -> Step<()> {
        self.prepare_to_dial()?;
        // A conversation is worth more than an apology: it goes on without us.
        self.put_on(RESUME, "false", Some("true"));
        if let Some(CallerId { name, number }) = &dial.caller_id {
            let (name, number) = (shown(name), shown(number).replace(' ', ""));
            for (variable, value) in
                [("effective_caller_id_name", name), ("effective_caller_id_number", number)]
            {
                if !value.is_empty() {
                    self.put_on(variable, &value, None);
                }
            }
        }
        if let Some(media) = self.ringback(&dial.ringback).await? {
            self.put_on("ringback", &media, Some(RINGING));
            self.put_on("transfer_ringback", &media, Some(RINGING));
        }
        let exported = self.exported.clone();
        let mut exports = exported.clone();
        let own_party = headers(dial).any(|(name, _)| name.ends_with("Remote-Party-ID"));
        let switch_party =
            own_party.then(|| ("nolocal:sip_cid_type".to_owned(), "none".to_owned()));
        for (name, value) in headers(dial).chain(switch_party) {
            self.put_on(&name, &value, None);
            exports = if exports.is_empty() { name } else { format!("{exports},{name}") };
            // Each is a command whose reply has to come before there is room for more.
            self.catch_up().await?;
        }
        if exports != exported {
            self.put_on("export_vars", &exports, Some(&exported));
        }
        Ok(())
    }

    /// What is heard while it rings, as the switch plays it: one thing, or several in a row, again and
    /// again. What cannot be played so is remarked on.
    async fn ringback(&mut self, sounds: &[Sound]) -> Step<Option<String>> {
        let mut all = Vec::new();
        for sound in sounds.iter().take(limits::RINGBACK_SOUNDS) {
            let media = match sound {
                Sound::Media(name) => self.media(name).await?,
                Sound::Silence(length) => Ok(format!("silence_stream://{}", length.as_millis())),
                Sound::Speech(_) | Sound::Marked(_) | Sound::Phrase(_) => {
                    Err(format!("{sound}: the switch does not speak while it rings"))
                }
            };
            // `!` divides what is played in a row.
            match media {
                Ok(media) if sounds.len() > 1 && media.contains('!') => {
                    let message = format!("ringback: {sound} cannot be played among others");
                    self.tell(Happening::Noted { error: false, message });
                }
                Ok(media) => all.push(media),
                Err(reason) => {
                    let message = format!("ringback: {reason}");
                    self.tell(Happening::Noted { error: false, message });
                }
            }
        }
        Ok(match all.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(format!("file_string://{}", several.join("!"))),
        })
    }

    /// Takes back what [`Self::dress`] has set.
    pub(super) async fn undress(&mut self) -> Step<()> {
        while let Some((name, before)) = self.dressed.pop() {
            self.set_variable(&name, before.as_deref());
            self.catch_up().await?;
        }
        Ok(())
    }

    pub(super) fn put_on(&mut self, name: &str, value: &str, before: Option<&str>) {
        if self.set_variable(name, Some(value)) {
            self.dressed.push((name.to_owned(), before.map(str::to_owned)));
        }
    }
}

/// A display text without what breaks a From header (QUIRKS: caller-name-quotes).
pub(super) fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !matches!(c, '"' | '\\' | '<' | '>'))
        .take(128)
        .collect()
}

/// Header variables for the called side: exported by name (`nolocal:` keeps them off the caller's own
/// leg), because copying by default is something an operator may switch off. A line end would begin
/// another header, and a value that looks like an expansion would be dropped by the switch
/// (QUIRKS: header-injection).
fn headers(dial: &Dial) -> impl Iterator<Item = (String, String)> + '_ {
    let fits = |name: &str| {
        name.len() <= 64
            && (name.get(..2).is_some_and(|p| p.eq_ignore_ascii_case("x-"))
                || OTHER_HEADERS.contains(&name))
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    // Of a single leg its own headers go the same way, which carries any value.
    let own = match dial.targets.as_slice() {
        [only] => only.headers.as_slice(),
        _ => &[],
    };
    let named_well = dial.headers.iter().chain(own).filter(move |(name, _)| fits(name));
    named_well.take(limits::DIAL_HEADERS).map(|(name, value)| {
        let value: String = value.chars().filter(|c| !c.is_control()).take(1024).collect();
        (format!("nolocal:sip_h_{name}"), value.replace("${", "$ {"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn headers_cannot_end_their_line_or_be_expanded() {
        let mut dial = Dial::new(vec![], Duration::from_secs(1));
        let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        dial.headers =
            vec![pair("X-A", "1\r\nX-Evil: 2 ${x}"), pair("Via", "x"), pair("X-a,b", "c")];
        let all: Vec<_> = headers(&dial).collect();
        assert_eq!(all, [pair("nolocal:sip_h_X-A", "1X-Evil: 2 $ {x}")]);
        dial.headers = (0..200).map(|n| pair(&format!("X-{n}"), "v")).collect();
        assert_eq!(headers(&dial).count(), limits::DIAL_HEADERS);
    }

    #[test]
    fn names_lose_what_breaks_a_from_header() {
        assert_eq!(shown("a\"b\\c<d>\r\n é"), "abcd é");
    }
}
