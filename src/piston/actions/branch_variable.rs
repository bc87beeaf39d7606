//! `branch_variable`: the value of a variable names the child.

use super::action::Perform;
use crate::{
    call::{Step, VariableName},
    piston::{
        fields::Fields,
        json::Kind,
        stage::{Ended, Stage},
    },
};
use serde_json::Value;

/// `variable`, `scope`.
#[derive(Debug)]
pub(in crate::piston) struct BranchVariable {
    /// The name, or the way to a value within a value.
    path: Vec<String>,
    scope: Scope,
}

/// Where a variable is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Variables of the channel; `ecallmgr_NAME` first, as KAZOO names them there.
    Channel,
    /// What `set_variables` and the dialplan have set.
    Application,
    /// Records of a directory, which this release does not have.
    Directory,
}

impl Perform for BranchVariable {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let scopes = [
            ("custom_channel_vars", Scope::Channel),
            ("custom_application_vars", Scope::Application),
            ("merged", Scope::Channel),
            ("account", Scope::Directory),
            ("user", Scope::Directory),
            ("device", Scope::Directory),
        ];
        let scope = fields.choice("scope", &scopes).unwrap_or(Scope::Channel);
        if scope == Scope::Directory {
            fields.warning("scope", "this release has no directory: the call goes on at \"_\"");
        }
        let path: Vec<String> = match fields.value("variable").map(|value| &value.value) {
            Some(Kind::List(_)) => {
                let path = fields.texts("variable").unwrap_or_default();
                path.into_iter().map(str::to_owned).collect()
            }
            _ => fields.text("variable").map(str::to_owned).into_iter().collect(),
        };
        if !fields.has("variable") {
            fields.missing("variable", "it names the variable");
        }
        if scope == Scope::Channel && path.len() > 1 {
            fields.warning("variable", "only application variables have values within values");
        }
        Self { path, scope }
    }

    fn about(&self) -> String {
        self.path.join(".")
    }

    fn leads_to(&self, _: &str) -> bool {
        true
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        let value = match self.scope {
            Scope::Channel => self.on_the_channel(stage).await?,
            Scope::Application => self.of_the_application(stage),
            Scope::Directory => None,
        };
        match value {
            Some(value) => Ok(Ended::at(value.as_str(), format!("{value:?}"))),
            None => Ok(Ended::go_on("not set")),
        }
    }
}

impl BranchVariable {
    async fn on_the_channel(&self, stage: &mut Stage<'_>) -> Step<Option<String>> {
        let [name] = self.path.as_slice() else { return Ok(None) };
        let titled = titled(name);
        for name in [format!("ecallmgr_{titled}"), format!("ecallmgr_{name}"), name.clone()] {
            let Some(name) = VariableName::new(&name) else { continue };
            let value = stage.call.variable(&name).await?.filter(|value| !value.is_empty());
            if value.is_some() {
                return Ok(value);
            }
        }
        Ok(None)
    }

    fn of_the_application(&self, stage: &Stage<'_>) -> Option<String> {
        let (first, rest) = self.path.split_first()?;
        let all = &stage.call.memory.application_vars;
        let same = |name: &String| normal(name) == normal(first);
        let value = all
            .get(first)
            .or_else(|| all.iter().find(|(name, _)| same(name)).map(|(_, value)| value))?;
        let value = rest.iter().try_fold(value, |value, key| value.get(key))?;
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// Names are the same whether written `Call-Priority` or `call_priority`.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

/// `call_priority` as `Call-Priority`. `id` is written `ID`, as in `Group-ID`.
fn titled(name: &str) -> String {
    let word = |word: &str| match word.to_ascii_lowercase().as_str() {
        "id" => "ID".to_owned(),
        lower => {
            let mut letters = lower.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect()
        }
    };
    name.split(['_', '-']).map(word).collect::<Vec<String>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::titled;

    #[test]
    fn names_are_written_as_on_the_channel() {
        assert_eq!(titled("call_priority"), "Call-Priority");
        assert_eq!(titled("group_id"), "Group-ID");
        assert_eq!(titled("Call-Priority"), "Call-Priority");
        assert_eq!(titled("_"), "-");
    }
}
