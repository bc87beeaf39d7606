//! Telling a customer's web server what happens beside a call, also when the call is over.

use super::{House, Request, fetch::parcel};
use crate::{call::Call, http, xml::Post};
use std::sync::Arc;

impl Request {
    /// Takes what is to be told to this URL from now on, with those of the call's own parameters that are
    /// in `own`, as they are now. Each is stored before it is sent.
    pub(super) fn post(mut self, call: &Call, house: &House, own: &'static [&'static str]) -> Post {
        self.happened.clear();
        let mut known = self.parameters(call, house);
        known.retain(|name, _| own.contains(&name.as_str()));
        let (facts, address) = (call.facts().clone(), self.address());
        let outbox = house.outbox.clone();
        Arc::new(move |told: Vec<(String, String)>| {
            let mut parameters = known.clone();
            parameters.extend(told.into_iter().map(|(name, value)| (name, value.into())));
            let made = parcel(&facts, &address, &parameters);
            let (outbox, shown) = (outbox.clone(), http::masked(&address.url));
            Box::pin(async move {
                let stored = match made {
                    Ok(parcel) => outbox.enqueue(parcel).await.map_err(|error| error.to_string()),
                    Err(error) => Err(error.to_string()),
                };
                if let Err(error) = stored {
                    tracing::error!(url = shown, %error, "a customer's server will not be told");
                }
            })
        })
    }
}
