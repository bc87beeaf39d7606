//! What ringing sounds like in the countries that `ringTone` names (`reference/twiml.md` 2.6), as
//! FreeSWITCH's `vars.xml` and ITU-T E.180 have it: milliseconds of tone and silence, frequencies.

/// Country to cadence.
const TONES: [(&str, &str); 41] = [
    ("at", "%(1000,5000,420)"),
    ("au", "%(400,200,383,417);%(400,2000,383,417)"),
    ("bg", "%(1000,4000,425)"),
    ("br", "%(1000,4000,425)"),
    ("be", "%(1000,3000,425)"),
    ("ch", "%(1000,4000,425)"),
    ("cl", "%(1000,3000,400)"),
    ("cn", "%(1000,4000,450)"),
    ("cz", "%(1000,4000,425)"),
    ("de", "%(1000,4000,425)"),
    ("dk", "%(1000,4000,425)"),
    ("ee", "%(1000,4000,425)"),
    ("es", "%(1500,3000,425)"),
    ("fi", "%(1000,4000,425)"),
    ("fr", "%(1500,3500,440)"),
    ("gr", "%(1000,4000,425)"),
    ("hu", "%(1250,3750,425)"),
    ("il", "%(1000,3000,400)"),
    ("in", "%(400,200,375,425);%(400,2000,375,425)"),
    ("it", "%(1000,4000,425)"),
    ("lt", "%(1000,4000,425)"),
    ("jp", "%(1000,2000,380,420)"),
    ("mx", "%(1000,4000,425)"),
    ("my", "%(400,200,425);%(400,2000,425)"),
    ("nl", "%(1000,4000,425)"),
    ("no", "%(1000,4000,425)"),
    ("nz", "%(400,200,400,450);%(400,2000,400,450)"),
    ("ph", "%(1000,4000,425,480)"),
    ("pl", "%(1000,4000,425)"),
    ("pt", "%(1000,5000,425)"),
    ("ru", "%(800,3200,425)"),
    ("se", "%(1000,5000,425)"),
    ("sg", "%(400,200,425);%(400,2000,425)"),
    ("th", "%(1000,4000,420)"),
    ("uk", "%(400,200,400,450);%(400,2000,400,450)"),
    ("us", "%(2000,4000,440,480)"),
    ("us-old", "%(2000,4000,420,460)"),
    ("tw", "%(1000,2000,440,480)"),
    ("ve", "%(1000,4000,425)"),
    ("za", "%(400,200,400,433);%(400,2000,400,433)"),
    ("ca", "%(2000,4000,440,480)"),
];

/// The countries' codes.
pub(super) fn countries() -> impl Iterator<Item = &'static str> {
    TONES.iter().map(|(country, _)| *country)
}

/// The media that the caller hears.
pub(super) fn media(country: &str) -> Option<String> {
    let (_, cadence) = TONES.iter().find(|(known, _)| *known == country)?;
    Some(format!("tone_stream://{cadence};loops=-1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        call::{MediaPolicy, Playable},
        config,
    };

    #[test]
    fn every_tone_may_be_played() {
        let config = config::load_text("", "", []).unwrap();
        let policy = MediaPolicy::new(&config.media);
        for country in countries() {
            let media = media(country).unwrap();
            assert_eq!(policy.resolve(&media).unwrap(), Playable::Here(media));
        }
    }
}
