//! Who signs with what: the accounts' secrets, and the headers that a request gets at the moment in which
//! it leaves.

use super::{plivo, standard, twilio};
use crate::{
    base::{Secret, Timestamp},
    config::{Account, Accounts, Method},
    http::{HttpError, request::Hop, upload},
};
use std::sync::Arc;
use url::Url;

/// How a request is signed, and for whom. No secret is in it, so it may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// The customer whose secrets sign; may be empty.
    pub account_id: String,
    /// The way in which they do.
    pub scheme: Scheme,
}

/// A way to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plivo's V3, for requests in Plivo's names.
    Plivo,
    /// Twilio's, for requests in Twilio's names.
    Twilio,
    /// Standard Webhooks, for everything that is our own.
    Standard {
        /// What the request is: the same whenever it is repeated.
        id: String,
    },
}

/// The secrets of all accounts. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Keyring(Arc<Accounts>);

impl Keyring {
    /// The configured secrets.
    pub fn new(accounts: &Accounts) -> Self {
        Self(Arc::new(accounts.clone()))
    }

    /// The headers that sign this hop of a request at this moment; none if it is not to be signed or the
    /// account has no secret for it. `url` is the hop's as it will travel; a scheme may add to its query.
    /// Fails only if a file that is to be signed cannot be read.
    pub(in crate::http) async fn sign(
        &self,
        hop: &Hop,
        url: &mut Url,
    ) -> Result<Vec<(String, String)>, HttpError> {
        let Some(Signing { account_id, scheme }) = &hop.signing else { return Ok(Vec::new()) };
        let headers = match scheme {
            Scheme::Plivo => self.plivo(account_id, hop, url),
            Scheme::Twilio => self.twilio(account_id, hop, url),
            Scheme::Standard { id } => self.standard(account_id, hop, id).await?,
        };
        Ok(headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The headers that sign the handshake of a WebSocket (`reference/twiml.md` 1.8, `reference/plivo.md`
    /// 3.1); `url` begins with `wss` or `ws`.
    pub(in crate::http) fn sign_handshake(
        &self,
        signing: &Signing,
        url: &Url,
    ) -> Vec<(&'static str, String)> {
        let account = signing.account_id.as_str();
        match signing.scheme {
            Scheme::Plivo => self.plivo_headers(account, |nonce| {
                plivo::text(Method::Get, &plivo::socket_address(url), Vec::new(), nonce)
            }),
            Scheme::Twilio => {
                let tokens = self.secrets(account, |account| &account.twilio_auth_tokens);
                let signed = |token| twilio::signature(token, &twilio::text(url, None));
                tokens.first().map(|token| (twilio::HEADER, signed(token))).into_iter().collect()
            }
            Scheme::Standard { .. } => Vec::new(),
        }
    }

    /// The names of the headers that [`Self::sign`] gives for such a request.
    pub(in crate::http) fn headers(&self, signing: &Signing) -> Vec<&'static str> {
        let Signing { account_id, scheme } = signing;
        let has = |account, kind| !self.secrets(account, kind).is_empty();
        match scheme {
            Scheme::Plivo => {
                let own = has(account_id, |account| &account.plivo_auth_tokens);
                let main = has(self.main_of(account_id), |account| &account.plivo_auth_tokens);
                let names = [(plivo::HEADER, own), (plivo::MAIN_HEADER, main)];
                let names = names.into_iter().chain([(plivo::NONCE_HEADER, own || main)]);
                names.filter_map(|(name, there)| there.then_some(name)).collect()
            }
            Scheme::Twilio if has(account_id, |account| &account.twilio_auth_tokens) => {
                vec![twilio::HEADER]
            }
            Scheme::Standard { .. } if has(account_id, |account| &account.webhook_secrets) => {
                vec![standard::ID_HEADER, standard::TIME_HEADER, standard::HEADER]
            }
            Scheme::Twilio | Scheme::Standard { .. } => Vec::new(),
        }
    }

    fn plivo(&self, account: &str, hop: &Hop, url: &Url) -> Vec<(&'static str, String)> {
        let mut url = url.clone();
        // The receiver sees credentials as a header, not in its URL. Removing them fails only without a host.
        _ = url.set_username("");
        _ = url.set_password(None);
        let parameters = plivo::parameters(hop.body.as_ref());
        self.plivo_headers(account, |nonce| {
            plivo::text(hop.method, url.as_str(), parameters, nonce)
        })
    }

    /// Plivo's headers for what is signed with a nonce.
    fn plivo_headers(
        &self,
        account: &str,
        text: impl FnOnce(&str) -> String,
    ) -> Vec<(&'static str, String)> {
        let tokens = self.secrets(account, |account| &account.plivo_auth_tokens);
        let main = self.secrets(self.main_of(account), |account| &account.plivo_auth_tokens);
        let nonce = plivo::nonce();
        let text = text(&nonce);
        let signed = [(plivo::HEADER, tokens), (plivo::MAIN_HEADER, main)];
        let signed = signed.into_iter().filter(|(_, tokens)| !tokens.is_empty());
        let mut headers: Vec<_> =
            signed.map(|(name, tokens)| (name, plivo::signatures(tokens, &text))).collect();
        if !headers.is_empty() {
            headers.push((plivo::NONCE_HEADER, nonce));
        }
        headers
    }

    fn twilio(&self, account: &str, hop: &Hop, url: &mut Url) -> Vec<(&'static str, String)> {
        let tokens = self.secrets(account, |account| &account.twilio_auth_tokens);
        let Some(token) = tokens.first() else { return Vec::new() };
        if let Some(body) = &hop.body {
            twilio::bind_body(url, body);
        }
        let text = twilio::text(url, hop.body.as_ref());
        vec![(twilio::HEADER, twilio::signature(token, &text))]
    }

    async fn standard(
        &self,
        account: &str,
        hop: &Hop,
        id: &str,
    ) -> Result<Vec<(&'static str, String)>, HttpError> {
        let keys = self.secrets(account, |account| &account.webhook_secrets);
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let seconds = Timestamp::now().micros() / 1_000_000;
        let mut signatures = standard::Signatures::begin(keys, id, seconds);
        match &hop.file {
            Some((file, _)) => upload::read(file, |piece| signatures.update(piece)).await?,
            None => signatures.update(standard::content(hop)),
        }
        Ok(vec![
            (standard::ID_HEADER, id.to_owned()),
            (standard::TIME_HEADER, seconds.to_string()),
            (standard::HEADER, signatures.header()),
        ])
    }

    /// An account's secrets of one kind; the default account's if it has none.
    fn secrets(&self, account: &str, kind: fn(&Account) -> &Vec<Secret>) -> &[Secret] {
        let of = |id: &str| self.0.get(id).map(kind).filter(|secrets| !secrets.is_empty());
        of(account).or_else(|| of(Account::DEFAULT)).map_or(&[], Vec::as_slice)
    }

    fn main_of<'a>(&'a self, account: &'a str) -> &'a str {
        let main = self.0.get(account).map(|account| account.main_account.as_str());
        main.filter(|main| !main.is_empty()).unwrap_or(account)
    }
}
