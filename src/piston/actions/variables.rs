//! `set_variable` and `set_variables`.

use super::action::Perform;
use crate::{
    base::{Happening, limits},
    call::Step,
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};
use serde_json::{Map, Value};

/// The two names that `set_variable` knows, and the channel variables they become
/// (`reference/piston.md` 3.6.3).
const NAMES: [(&str, &str); 2] =
    [("call_priority", "ecallmgr_Call-Priority"), ("group_id", "ecallmgr_Group-ID")];

/// `variable`, `value`, `channel`.
#[derive(Debug)]
pub(in crate::piston) struct SetVariable {
    name: String,
    variable: Option<&'static str>,
    value: String,
    export: bool,
}

impl Perform for SetVariable {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let name = fields.text("variable").unwrap_or_default();
        let variable =
            NAMES.iter().find(|(known, _)| *known == name).map(|(_, variable)| *variable);
        if variable.is_none() {
            let known = "known are call_priority and group_id; use set_variables for your own";
            match fields.has("variable") {
                true => fields.warning("variable", format!("nothing is set; {known}")),
                false => fields.remark(&format!("no \"variable\": nothing is set; {known}")),
            }
        }
        Self {
            name: name.to_owned(),
            variable,
            value: fields.text("value").unwrap_or_default().to_owned(),
            export: fields.choice("channel", &[("a", false), ("both", true)]).unwrap_or(false),
        }
    }

    fn about(&self) -> String {
        format!("{} = {:?}", self.name, self.value)
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        let Some(variable) = self.variable else { return Ok(Ended::go_on("nothing to set")) };
        set(stage, variable, &self.value, self.export);
        Ok(Ended::go_on("set"))
    }
}

/// `custom_application_vars`, `export`.
#[derive(Debug)]
pub(in crate::piston) struct SetVariables {
    variables: Map<String, Value>,
    export: bool,
}

impl Perform for SetVariables {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let variables = fields.object("custom_application_vars");
        if !fields.has("custom_application_vars") {
            fields.remark("no \"custom_application_vars\": nothing is set");
        }
        if variables.is_some_and(|variables| variables.0.len() > limits::APPLICATION_VARS) {
            let most = limits::APPLICATION_VARS;
            fields.error("custom_application_vars", format!("more than {most} variables"));
        }
        Self {
            variables: variables.map(|variables| variables.plain()).unwrap_or_default(),
            export: fields.boolean("export").unwrap_or(false),
        }
    }

    fn about(&self) -> String {
        self.variables.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        for (name, value) in &self.variables {
            if self.remember(name, value, stage) {
                let (variable, text) = on_the_channel(name, value);
                set(stage, &variable, &text, self.export);
                stage.call.catch_up().await?;
            }
        }
        let all = &stage.call.memory.application_vars;
        let variables = all.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        stage.call.tell(Happening::Variables { variables });
        Ok(Ended::go_on("set"))
    }
}

impl SetVariables {
    /// Keeps a variable, within the bounds of a call; `null` removes it.
    fn remember(&self, name: &str, value: &Value, stage: &mut Stage<'_>) -> bool {
        let all = &mut stage.call.memory.application_vars;
        if value.is_null() {
            all.remove(name);
            return true;
        }
        let others = || all.iter().filter(|(other, _)| *other != name);
        let bytes: usize = others().map(size).sum();
        let fits = others().count() < limits::APPLICATION_VARS
            && bytes + size((&name.to_owned(), value)) <= limits::APPLICATION_VAR_BYTES;
        if fits {
            all.insert(name.to_owned(), value.clone());
        } else {
            let (count, bytes) = (limits::APPLICATION_VARS, limits::APPLICATION_VAR_BYTES);
            stage.note(format!(
                "{name:?} is not set: a call keeps {count} application variables of {bytes} bytes"
            ));
        }
        fits
    }
}

/// The channel variable of an application variable: `cav_NAME` with a text, `json_cav_NAME` with
/// JSON; empty for one that was removed.
fn on_the_channel(name: &str, value: &Value) -> (String, String) {
    match value {
        Value::Null => (format!("cav_{name}"), String::new()),
        Value::String(text) => (format!("cav_{name}"), text.clone()),
        Value::Array(_) | Value::Object(_) => (format!("json_cav_{name}"), value.to_string()),
        Value::Bool(_) | Value::Number(_) => (format!("cav_{name}"), value.to_string()),
    }
}

fn size((name, value): (&String, &Value)) -> usize {
    name.len() + value.as_str().map_or_else(|| value.to_string().len(), str::len)
}

fn set(stage: &mut Stage<'_>, variable: &str, value: &str, export: bool) {
    let value = (!value.is_empty()).then_some(value);
    match export {
        true => stage.call.export_variable(variable, value),
        false => stage.call.set_variable(variable, value),
    };
}
