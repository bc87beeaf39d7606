//! The guard's rules as an operator changes them: stored first, then in force.

use crate::{
    base::{Timestamp, limits},
    http::{Guard, Rule, RuleError},
    store::{GuardRule, GuardRules, Store, StoreError},
};
use std::sync::Arc;

/// Why a rule cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored rule is none: it was written by a newer version.
    #[error("a stored rule of the address guard cannot be read: {0}")]
    Stored(#[from] RuleError),
    /// There are as many as there may be.
    #[error("there are {} rules already, the limit; remove some first", limits::GUARD_RULES)]
    TooMany,
}

/// The rules that operators have added, and the guard that goes by them.
#[derive(Clone, Debug)]
pub struct Rules {
    store: Store,
    guard: Arc<Guard>,
}

impl Rules {
    /// The rules in `store`, for `guard`. They are in force once [`Rules::load`] has read them.
    pub const fn new(store: Store, guard: Arc<Guard>) -> Self {
        Self { store, guard }
    }

    /// Puts the stored rules into force.
    pub async fn load(&self) -> Result<(), RulesError> {
        let rules = self.store.guard_rules().await?;
        self.enforce(&rules)
    }

    /// Adds a rule; on return it is stored and in force. `false` if it was there already.
    pub async fn add(&self, rule: &Rule) -> Result<bool, RulesError> {
        if self.guard.rules().len() >= limits::GUARD_RULES {
            return Err(RulesError::TooMany);
        }
        let (kind, value) = (rule.kind().to_owned(), rule.value());
        let row = GuardRule { kind, value, added: Timestamp::now() };
        let (new, rules) = self.store.add_guard_rule(row).await?;
        self.enforce(&rules)?;
        if new {
            tracing::info!(%rule, "rule of the address guard added");
        }
        Ok(new)
    }

    /// Removes a rule that was added. `false` if there is none; rules of the configuration stay.
    pub async fn remove(&self, rule: &Rule) -> Result<bool, RulesError> {
        let (kind, value) = (rule.kind().to_owned(), rule.value());
        let (gone, rules) = self.store.remove_guard_rule(kind, value).await?;
        self.enforce(&rules)?;
        if gone {
            tracing::info!(%rule, "rule of the address guard removed");
        }
        Ok(gone)
    }

    /// The guard that goes by them.
    pub const fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    fn enforce(&self, stored: &GuardRules) -> Result<(), RulesError> {
        let rule = |row: &GuardRule| Rule::parse(&row.kind, &row.value);
        let rules = stored.rules.iter().map(rule).collect::<Result<_, _>>()?;
        self.guard.replace(stored.revision, rules);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config, http::Door};

    #[tokio::test]
    async fn there_may_be_so_many_rules_and_no_more() {
        let door = Door::new(&config::load_text("test", "", []).unwrap().http).unwrap();
        let rules = Rules::new(Store::in_memory().await.unwrap(), Arc::clone(door.guard()));
        let rule = |n: usize| Rule::parse("block-host", &format!("h{n}.example")).unwrap();
        rules.guard().replace(1, (1..limits::GUARD_RULES).map(rule).collect());
        assert!(rules.add(&rule(0)).await.unwrap());
        rules.guard().replace(9, (0..limits::GUARD_RULES).map(rule).collect());
        let error = rules.add(&rule(limits::GUARD_RULES)).await.unwrap_err();
        assert!(error.to_string().contains("1000 rules already"), "{error}");
    }
}
