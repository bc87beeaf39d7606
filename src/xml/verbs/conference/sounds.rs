//! What is heard around a conference: while it has not begun, when somebody comes or goes, on hold.

use super::verb::Conference;
use crate::{
    base::{Ask, Happening, limits},
    call::{Loops, Prompt, Sound, Step},
    config::Method,
    xml::{
        Exit,
        inside::InsideEnd,
        verbs::{Action, Stage},
    },
};
use std::time::Duration;
use tokio::time::Instant;

/// Half a second of a tone between the others' voices.
const BEEP: &str = "tone_stream://%(300,200,700)";

/// Twice.
const TWO_BEEPS: &str = "tone_stream://L=2;%(300,200,700)";

/// What may be heard while one waits: speech, media and silence, in the words of both dialects.
const ALLOWED: [&str; 6] = ["Play", "Say", "Pause", "Redirect", "Speak", "Wait"];

/// The shortest time that one round of what is heard takes; an empty document would spin.
const ROUND: Duration = Duration::from_secs(1);

/// A URL that a document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Page {
    pub url: String,
    pub method: Method,
}

/// What the others hear when somebody comes or goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::xml) enum Chime {
    #[default]
    None,
    /// A beep.
    Beep,
    /// Two.
    TwoBeeps,
    /// What this document plays.
    Document(Page),
}

/// What is heard while one waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) enum Music {
    /// What the operator has chosen.
    Operator,
    Silence,
    /// Media, again and again.
    Media(String),
    /// A document once, and silence afterwards; without it there is no wait
    /// (`reference/twiml.md` 2.7.3).
    Once(Page),
    /// A document, again and again.
    Again(Page),
}

/// That what one should hear while waiting is not there.
#[derive(Debug)]
pub(super) enum Heard {
    Nothing(String),
}

/// Media for the ears of a room, fetched before it is entered: at the end there may be no call to fetch
/// them with.
#[derive(Clone, Debug, Default)]
pub(super) struct Chimes {
    pub enter: Vec<String>,
    pub exit: Option<String>,
    pub hold: Option<String>,
}

impl Page {
    fn ask(&self) -> Ask {
        let (url, method) = (self.url.clone(), self.method);
        Ask { url, method, parameters: Vec::new(), after_hangup: false }
    }
}

impl Music {
    /// Plays until the wait is ended from outside; returns only if there is nothing to hear and no wait
    /// without it.
    pub(super) async fn play(&self, stage: &mut Stage<'_>) -> Step<Heard> {
        match self {
            Self::Silence => {}
            Self::Operator => {
                let music = stage.call.settings().conference.music.clone();
                if !music.is_empty() {
                    play_on(stage, &music).await?;
                }
            }
            Self::Media(name) => play_on(stage, name).await?,
            Self::Once(page) => {
                let before = stage.call.applications_run();
                let end = stage.run_inside(page.ask(), &ALLOWED).await?;
                if let InsideEnd::Failed(reason) = end
                    && stage.call.applications_run() == before
                {
                    return Ok(Heard::Nothing(reason));
                }
            }
            Self::Again(page) => play_again(stage, page).await?,
        }
        loop {
            stage.call.pause(limits::CONVERSATION).await?;
        }
    }
}

/// Media again and again, until they cannot be played.
async fn play_on(stage: &mut Stage<'_>, name: &str) -> Step<()> {
    let none = crate::base::phone::KeySet::NONE;
    let sound = Sound::Media(name.to_owned());
    let prompt = Prompt { sound, loops: Loops::Endless };
    stage.call.prompt(&prompt, none).await?;
    Ok(())
}

/// A document again and again, fetched once.
async fn play_again(stage: &mut Stage<'_>, page: &Page) -> Step<()> {
    let url = stage.url.to_owned();
    // The failure has been told.
    let Ok(mut inside) = stage.desk.document(stage.call, &url, page.ask()).await? else {
        return Ok(());
    };
    loop {
        let began = Instant::now();
        match stage.run_fetched(&inside, &ALLOWED).await? {
            Exit::Ended | Exit::Left => {}
            Exit::OutOfSteps => return Ok(()),
            Exit::Ask(ask) => {
                let from = inside.url.clone();
                let Ok(next) = stage.desk.document(stage.call, &from, ask).await? else {
                    return Ok(());
                };
                inside = next;
            }
        }
        let rest = ROUND.saturating_sub(began.elapsed());
        stage.call.pause(rest).await?;
    }
}

impl Chimes {
    pub async fn fetch(conference: &Conference, stage: &mut Stage<'_>) -> Step<Self> {
        let enter = media_of(&conference.enter_sound, stage).await?;
        let exit = media_of(&conference.exit_sound, stage).await?;
        let exit = match exit.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(format!("file_string://{}", several.join("!"))),
        };
        let hold = match &conference.hold_music {
            Some(page) if conference.held => {
                let music = media_of(&Chime::Document(page.clone()), stage).await?;
                music.into_iter().next()
            }
            _ => None,
        };
        Ok(Self { enter, exit, hold })
    }
}

/// What the switch plays for it.
async fn media_of(chime: &Chime, stage: &mut Stage<'_>) -> Step<Vec<String>> {
    let page = match chime {
        Chime::None => return Ok(Vec::new()),
        Chime::Beep => return Ok(vec![BEEP.to_owned()]),
        Chime::TwoBeeps => return Ok(vec![TWO_BEEPS.to_owned()]),
        Chime::Document(page) => page,
    };
    let url = stage.url.to_owned();
    // The failure has been told.
    let Ok(inside) = stage.desk.document(stage.call, &url, page.ask()).await? else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for verb in &inside.document.verbs {
        let Action::Speak(spoken) = &verb.action else { continue };
        for sound in &spoken.sounds {
            let found = match sound {
                Sound::Media(name) => stage.call.media_for_conference(name).await?,
                other => Err(format!("{other}: only media are played into a conference")),
            };
            match found {
                Ok(media) => all.push(media),
                Err(message) => stage.call.tell(Happening::Noted { error: true, message }),
            }
        }
    }
    Ok(all)
}
