//! Listening to words while prompts play, for the verbs that take them.

use super::{Gather, Outcome, Stage, Then, gather::Input};
use crate::{
    base::{Ask, Happening, limits, phone::KeySet},
    call::{Asked, Heard, Interrupt, Listening, Prompt, PromptEnd, Step},
    xml::report,
};
use std::time::Duration;

/// How a caller is listened to.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::xml) struct Hearing {
    /// What the recogniser is told.
    pub asked: Asked,
    /// How long the caller may be silent, from the end of the prompts.
    pub silence: Duration,
    /// Whether the first word ends the prompts; otherwise they are heard out.
    pub barge_in: bool,
    /// Told of every partial result.
    pub partial: Option<Then>,
}

impl Gather {
    /// Words, and keys if they are taken: what comes first counts.
    pub(super) async fn hear(
        &self,
        stage: &mut Stage<'_>,
        hearing: &Hearing,
        mut prompts: &[Prompt],
    ) -> Step<Outcome> {
        if !stage.call.has_recogniser() {
            let message = match self.keys {
                true => "speech is not recognised here (speech.recogniser): only keys are taken",
                false => "speech is not recognised here (speech.recogniser): nothing will be heard",
            };
            stage.call.tell(Happening::Noted { error: true, message: message.to_owned() });
            return self.without_recogniser(stage, hearing, prompts).await;
        }
        let keys = if self.keys { KeySet::ALL } else { KeySet::NONE };
        if !hearing.barge_in {
            if let PromptEnd::Key(_) = stage.call.prompts(prompts, keys).await? {
                return self.collect(stage, &[]).await;
            }
            prompts = &[];
        }
        let listening = stage.call.begin_to_listen(&hearing.asked, keys, hearing.silence).await?;
        let Some(mut listening) = listening else {
            return self.without_recogniser(stage, hearing, prompts).await;
        };
        let heard = listen(stage, hearing, &mut listening, prompts).await;
        match &heard {
            Ok(_) => stage.call.listen_no_more(&hearing.asked).await?,
            // The call goes on in another document, without the recogniser.
            Err(Interrupt::Ordered(_)) => stage.call.listen_no_more_at_once(&hearing.asked)?,
            Err(_) => {}
        }
        match heard? {
            Heard::Key => self.collect(stage, &[]).await,
            Heard::Speech(words) => Ok(self.settle(stage, Some(Input::Words(words))).await),
            Heard::Partial(_) | Heard::Nothing => Ok(self.settle(stage, None).await),
        }
    }

    /// A caller whom nobody understands is as one who is silent.
    async fn without_recogniser(
        &self,
        stage: &mut Stage<'_>,
        hearing: &Hearing,
        prompts: &[Prompt],
    ) -> Step<Outcome> {
        if self.keys {
            return self.collect(stage, prompts).await;
        }
        stage.call.prompts(prompts, KeySet::NONE).await?;
        stage.call.pause(hearing.silence).await?;
        Ok(self.settle(stage, None).await)
    }
}

async fn listen(
    stage: &mut Stage<'_>,
    hearing: &Hearing,
    listening: &mut Listening,
    prompts: &[Prompt],
) -> Step<Heard> {
    stage.call.listen_through(listening, prompts).await?;
    let mut sequence = 0;
    loop {
        let words = match stage.call.hear(listening).await? {
            Heard::Partial(words) => words,
            heard => return Ok(heard),
        };
        let Some(Then { url, method, .. }) = &hearing.partial else { continue };
        if sequence < limits::PARTIAL_RESULTS {
            let parameters = report::partial(stage.dialect, &words, sequence);
            let (url, method) = (url.clone(), *method);
            stage.notify(Ask { url, method, parameters, after_hangup: false }).await;
            sequence += 1;
        }
    }
}
