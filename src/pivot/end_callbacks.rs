//! Who is told of the end of a call besides the receiver of its CDR: Plivo's `hangup_url` and Twilio's
//! `StatusCallback`. As the CDR they are promised while the call is under way and stored when it is over,
//! so that no crash loses one, and none is made twice.

use super::{
    House,
    parameters::{account_sid, hangup, status_callback},
    source::{METHODS, Said},
};
use crate::{
    base::{CallFacts, DeliveryId, EndFacts, EndReason, Happening, web::is_web_address},
    call::{Call, Step},
    cdr::NO_RECORD,
    config::{self, BodyFormat, Method},
    http::{self, Body, Params},
    outbox::{Outbox, Parcel},
    store::{Draft, StoreError},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Those of one call.
#[derive(Debug)]
pub(super) struct EndCallbacks(Vec<EndCallback>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct EndCallback {
    id: DeliveryId,
    vendor: Vendor,
    url: String,
    by_get: bool,
    /// What Twilio's calls the account.
    account_sid: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Vendor {
    Plivo,
    Twilio,
}

/// What is written down while the call is under way. The first field marks it (`cdr::NO_RECORD`).
#[derive(Serialize, Deserialize)]
struct Promise {
    callback: EndCallback,
    facts: CallFacts,
}

impl EndCallbacks {
    /// What the dialplan wants, and the configuration where that says nothing.
    pub(super) fn of(call: &mut Call, house: &House) -> Self {
        let facts = Arc::new(call.facts().clone());
        let mut said = Said::new(&facts);
        let config::Pivot { hangup_url, hangup_method, .. } = &house.config.pivot;
        let config::Pivot { status_callback, status_callback_method, .. } = &house.config.pivot;
        let mut wanted = Vec::new();
        for (vendor, url, method, configured) in [
            (Vendor::Plivo, "hangup_url", "hangup_method", (hangup_url, *hangup_method)),
            (
                Vendor::Twilio,
                "status_callback",
                "status_callback_method",
                (status_callback, *status_callback_method),
            ),
        ] {
            let url = match said.text(url) {
                Some(own) if !is_web_address(own) => {
                    let own = http::masked(own);
                    said.remarks.push(format!("the dialplan's pivot_{url} {own:?} is no URL"));
                    continue;
                }
                Some(own) => own,
                None => configured.0,
            };
            if url.is_empty() {
                continue;
            }
            let method = said.choice(method, &METHODS).unwrap_or(configured.1);
            wanted.push(EndCallback {
                id: DeliveryId::fresh(),
                vendor,
                url: url.to_owned(),
                by_get: method == Method::Get,
                account_sid: account_sid(&house.config.accounts, &facts.account_id),
            });
        }
        for message in said.remarks {
            call.tell(Happening::Noted { error: false, message });
        }
        Self(wanted)
    }

    /// Of a call that an earlier server has had: what that one promised is what is owed.
    pub(super) fn take_up(&mut self, drafts: &[Draft]) {
        let promised = drafts.iter().filter(|draft| draft.facts.starts_with(NO_RECORD));
        let promised =
            promised.filter_map(|draft| serde_json::from_str::<Promise>(&draft.facts).ok());
        let promised: Vec<_> = promised.map(|promise| promise.callback).collect();
        self.0.retain(|own| promised.iter().all(|other| other.vendor != own.vendor));
        self.0.extend(promised);
    }

    /// Notes durably that they are owed.
    pub(super) async fn promise(&self, call: &mut Call, house: &House) -> Step<()> {
        for callback in &self.0 {
            let promised = callback.promise(call.facts().clone(), &house.outbox);
            if let Err(error) = call.during(Box::pin(promised)).await? {
                let call = call.facts().call_id.as_str();
                tracing::error!(call, %error, "a crash would lose what is told of this call's end");
            }
        }
        Ok(())
    }

    /// What they say: the call is over.
    pub(super) fn parcels(&self, call: &Call, end: &EndFacts) -> Vec<Parcel> {
        let (facts, reason) = (call.facts(), call.memory.end);
        self.0.iter().map(|callback| callback.parcel(facts, Some(end), reason)).collect()
    }

    /// Stores them.
    pub(super) async fn keep(parcels: Vec<Parcel>, outbox: &Outbox) {
        for parcel in parcels {
            let call = parcel.call_id.clone();
            if let Err(error) = outbox.keep_promise(parcel).await {
                tracing::error!(call, %error, "nobody is told of this call's end");
            }
        }
    }
}

/// Sends what was owed when an earlier process died. To be called once, before the first call is taken.
pub async fn recover(outbox: &Outbox) -> Result<(), StoreError> {
    let mut left = outbox.store().drafts().await?;
    left.retain(|draft| draft.facts.starts_with(NO_RECORD));
    for draft in left {
        give_up(draft, outbox).await?;
    }
    Ok(())
}

/// Sends one that was owed by somebody who is gone.
pub(super) async fn give_up(draft: Draft, outbox: &Outbox) -> Result<(), StoreError> {
    match serde_json::from_str::<Promise>(&draft.facts) {
        Ok(Promise { callback, facts }) => {
            outbox.keep_promise(callback.parcel(&facts, None, None)).await
        }
        Err(error) => {
            tracing::warn!(call_id = draft.call_id, %error, "an open call cannot be read");
            outbox.store().drop_call(draft.id).await
        }
    }
}

impl EndCallback {
    async fn promise(&self, facts: CallFacts, outbox: &Outbox) -> Result<(), StoreError> {
        let (call_id, account_id) = (facts.call_id.clone(), facts.account_id.clone());
        let promise = Promise { callback: self.clone(), facts };
        let facts = serde_json::to_string(&promise);
        let draft = Draft {
            id: self.id.clone(),
            call_id,
            account_id,
            url: self.url.clone(),
            facts: facts.map_err(|error| StoreError::Row(error.to_string()))?,
            opened: outbox.now(),
        };
        outbox.promise(draft).await
    }

    /// What takes the promise's place.
    fn parcel(
        &self,
        facts: &CallFacts,
        end: Option<&EndFacts>,
        reason: Option<EndReason>,
    ) -> Parcel {
        let (kind, params) = match self.vendor {
            Vendor::Plivo => ("plivo_hangup", hangup(facts, end, reason)),
            Vendor::Twilio => {
                ("twiml_status", status_callback(facts, &self.account_sid, end, reason))
            }
        };
        let (url, body) = self.written(&params);
        let (call_id, account_id) = (facts.call_id.clone(), facts.account_id.clone());
        let id = self.id.clone();
        Parcel { id, kind, call_id, account_id, url, body }
    }

    /// Where the parameters go: into the query, or into the body.
    fn written(&self, params: &Params) -> (String, Option<Body>) {
        if !self.by_get {
            return (self.url.clone(), Some(Body::of(BodyFormat::Form, params)));
        }
        let asked =
            http::Request::with_parameters(Method::Get, &self.url, BodyFormat::Form, params);
        // A URL that is too long with its query has the attempt fail, and be seen.
        (asked.map_or_else(|_| self.url.clone(), |request| request.url().to_owned()), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn callback(vendor: Vendor, by_get: bool) -> EndCallback {
        let (id, url) = (DeliveryId::fresh(), "http://h.example/end?own=1".to_owned());
        EndCallback { id, vendor, url, by_get, account_sid: "AC1".to_owned() }
    }

    #[tokio::test]
    async fn what_a_crash_cut_off_is_told_once() {
        let outbox = config::load_text("", "", []).unwrap().outbox;
        let outbox = Outbox::new(Store::in_memory().await.unwrap(), &outbox);
        let facts = CallFacts { call_id: "c1".to_owned(), ..CallFacts::default() };
        let (hangup, status) = (callback(Vendor::Plivo, false), callback(Vendor::Twilio, true));
        for callback in [&hangup, &status] {
            callback.promise(facts.clone(), &outbox).await.unwrap();
        }
        let cdr = config::Cdr { url: String::new(), format: BodyFormat::Json };
        let cdrs = crate::cdr::Keeper::new(outbox.clone(), &cdr);
        assert_eq!(cdrs.recover().await.unwrap(), 0, "they are no records");
        for _ in 0..2 {
            recover(&outbox).await.unwrap();
            assert_eq!(outbox.store().counts().await.unwrap().due, 2);
        }
        let row = outbox.store().delivery(&hangup.id).await.unwrap().unwrap();
        let body = String::from_utf8(row.body.to_vec()).unwrap();
        assert!(body.contains("CallUUID=c1") && body.contains("HangupCause=UNKNOWN"), "{body}");
        assert_eq!((row.kind.as_str(), row.url.as_str()), ("plivo_hangup", &*hangup.url));
        let row = outbox.store().delivery(&status.id).await.unwrap().unwrap();
        assert!(
            row.body.is_empty() && row.url.starts_with("http://h.example/end?own=1&CallSid=CA")
        );
        assert!(row.url.contains("&CallStatus=failed&"), "{}", row.url);
        assert!(outbox.store().drafts().await.unwrap().is_empty());
    }
}
