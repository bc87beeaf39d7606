//! `set` and its relatives (`reference/freeswitch.md` 3.13). Their value is expanded once more.

use crate::sim::{channel::Channel, variables::expand};

impl Channel {
    /// Runs one of the applications that only change variables; others do nothing.
    pub(super) fn set_variables(&mut self, name: &str, argument: &str) {
        match name {
            "set" => self.assign(argument),
            "multiset" => split_list(argument).for_each(|pair| self.assign(pair)),
            "unset" => self.leg.variables.unset(argument.trim()),
            "multiunset" => {
                split_list(argument).for_each(|name| self.leg.variables.unset(name.trim()));
            }
            "export" | "bridge_export" => self.export(argument),
            _ => {}
        }
    }

    fn assign(&mut self, pair: &str) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let leg = &self.leg;
        let value = expand(value, &|name| leg.variable(name));
        let value = if value == "_undef_" { String::new() } else { value };
        self.leg.variables.set(name, value);
    }

    /// Sets a variable here (unless `nolocal:`) and on every leg dialled from now on.
    fn export(&mut self, argument: &str) {
        let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
        let exported = self.leg.variables.get("export_vars").unwrap_or_default();
        if !exported.split(',').any(|known| known == name) {
            let list =
                if exported.is_empty() { name.to_owned() } else { format!("{exported},{name}") };
            self.leg.variables.set("export_vars", list);
        }
        // The switch keeps `nolocal:x` under that very name.
        self.leg.variables.set(name, value);
    }

    /// What `export` gives to a new leg.
    pub(in crate::sim) fn exported(&self) -> Vec<(String, String)> {
        let names = self.leg.variables.get("export_vars").unwrap_or_default();
        let pairs = names.split(',').filter(|name| !name.is_empty()).filter_map(|name| {
            let value = self.leg.variables.get(name)?;
            Some((name.trim_start_matches("nolocal:").to_owned(), value.to_owned()))
        });
        pairs.collect()
    }
}

/// `^^;a;b` by the character after `^^`, otherwise by blanks.
fn split_list(argument: &str) -> Box<dyn Iterator<Item = &str> + '_> {
    let rest = argument.strip_prefix("^^");
    match rest.and_then(|rest| rest.chars().next().map(|first| (first, rest))) {
        Some((separator, rest)) => {
            let list = &rest[separator.len_utf8()..];
            Box::new(list.split(separator).filter(|part| !part.is_empty()))
        }
        None => Box::new(argument.split_ascii_whitespace()),
    }
}

#[cfg(test)]
mod tests {
    use super::split_list;

    #[test]
    fn lists_have_their_own_separator() {
        assert_eq!(split_list("^^;a=1;b=2 c").collect::<Vec<_>>(), ["a=1", "b=2 c"]);
        assert_eq!(split_list("a=1 b=2").collect::<Vec<_>>(), ["a=1", "b=2"]);
    }
}
