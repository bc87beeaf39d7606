//! All actions as one type.

use super::{
    answer::{Answer, Hangup},
    audio_macro::AudioMacro,
    branch_variable::BranchVariable,
    caller_id::{CheckCid, PrependCid, SetCid},
    callflow::Callflow,
    digits::{CollectDtmf, FlushDtmf, SendDtmf},
    language::Language,
    menu::Menu,
    offnet::Offnet,
    pivot::Pivot,
    play::Play,
    record_caller::RecordCaller,
    response::Response,
    sleep::{Noop, Sleep},
    transfer::Transfer,
    tts::Tts,
    variables::{SetVariable, SetVariables},
};
use crate::{
    call::Step,
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};

/// What every action can do.
pub(super) trait Perform: Sized {
    /// Reads its `data`. A key that is wrong is reported and has its default from here on; the
    /// document is then not run.
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self;

    /// What it is about, for a person.
    fn about(&self) -> String {
        String::new()
    }

    /// Whether the call may go on at the child of this key.
    fn leads_to(&self, key: &str) -> bool {
        key == "_"
    }

    /// Does it.
    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended>;
}

macro_rules! actions {
    ($count:literal: $($name:literal => $variant:ident($type:ty),)*) => {
        /// An action with its data.
        #[derive(Debug)]
        pub(in crate::piston) enum Action {
            $($variant(Box<$type>),)*
            /// Known to the format, not run by this release.
            NotRun(&'static str),
            /// Fails within the server, for tests.
            #[cfg(test)]
            Panic,
        }

        impl Action {
            /// The actions that are run, by name.
            pub(in crate::piston) const RUN: [&str; $count] = [$($name,)*];

            /// Reads an action's data; `None` if there is no action of this name.
            pub(in crate::piston) fn read(
                module: &str,
                fields: &mut Fields<'_, '_, '_>,
            ) -> Option<Self> {
                match module {
                    $($name => Some(Self::$variant(Box::new(<$type>::read(fields)))),)*
                    #[cfg(test)]
                    "test_panic" => Some(Self::Panic),
                    _ => None,
                }
            }

            /// Its name in a document.
            pub(in crate::piston) fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                    Self::NotRun(name) => name,
                    #[cfg(test)]
                    Self::Panic => "test_panic",
                }
            }

            /// What it is about, for a person.
            pub(in crate::piston) fn about(&self) -> String {
                match self {
                    $(Self::$variant(action) => action.about(),)*
                    Self::NotRun(_) => "not run by this release".to_owned(),
                    #[cfg(test)]
                    Self::Panic => String::new(),
                }
            }

            /// Whether the call may go on at the child of this key.
            pub(in crate::piston) fn leads_to(&self, key: &str) -> bool {
                match self {
                    $(Self::$variant(action) => action.leads_to(key),)*
                    // What it would do is not known here.
                    _ => true,
                }
            }

            /// Does it. What the longest action needs is allotted to that one alone: most calls sit
            /// in a short one.
            pub(in crate::piston) async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
                match self {
                    $(Self::$variant(action) => Box::pin(action.run(stage)).await,)*
                    Self::NotRun(name) => {
                        stage.note(format!("{name} is not run by this release"));
                        Ok(Ended::go_on("not run"))
                    }
                    #[cfg(test)]
                    Self::Panic => panic!("as the test wants"),
                }
            }
        }
    };
}

actions! { 25:
    "answer" => Answer(Answer),
    "audio_macro" => AudioMacro(AudioMacro),
    "branch_variable" => BranchVariable(BranchVariable),
    "callflow" => Callflow(Callflow),
    "check_cid" => CheckCid(CheckCid),
    "collect_dtmf" => CollectDtmf(CollectDtmf),
    "flush_dtmf" => FlushDtmf(FlushDtmf),
    "hangup" => Hangup(Hangup),
    "language" => Language(Language),
    "menu" => Menu(Menu),
    "noop" => Noop(Noop),
    "offnet" => Offnet(Offnet),
    "pivot" => Pivot(Pivot),
    "play" => Play(Play),
    "prepend_cid" => PrependCid(PrependCid),
    "record_caller" => RecordCaller(RecordCaller),
    "resources" => Resources(Offnet),
    "response" => Response(Response),
    "send_dtmf" => SendDtmf(SendDtmf),
    "set_cid" => SetCid(SetCid),
    "set_variable" => SetVariable(SetVariable),
    "set_variables" => SetVariables(SetVariables),
    "sleep" => Sleep(Sleep),
    "transfer" => Transfer(Transfer),
    "tts" => Tts(Tts),
}
