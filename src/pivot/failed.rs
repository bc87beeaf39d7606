//! A URL that gave no document, as the fallback URL is told of it.

use super::{Failure, Origin};
use crate::config::ReqFormat;
use url::Url;

/// What failed, where, and whether something had been run before.
#[derive(Debug)]
pub struct Failed {
    /// Why there is no document.
    pub failure: Failure,
    /// The URL that was asked.
    pub url: String,
    /// What it was asked for.
    pub origin: Origin,
}

impl Failed {
    /// The parameters that tell of it: Twilio's own, the same names with Plivo's codes, and in Piston's
    /// spelling the name of the failure that the trace shows. The URL comes without credentials, which
    /// the fallback's server may not know, and without fragment.
    pub fn parameters(&self, format: ReqFormat) -> Vec<(String, String)> {
        let (code_name, url_name) = match format {
            ReqFormat::Piston => ("Error-Code", "Error-Url"),
            ReqFormat::Twiml | ReqFormat::Plivo => ("ErrorCode", "ErrorUrl"),
        };
        let code = match format {
            ReqFormat::Piston => self.failure.kind().to_owned(),
            ReqFormat::Twiml => self.failure.twilio_code().to_string(),
            ReqFormat::Plivo => self.failure.plivo_code(self.origin).to_string(),
        };
        vec![(code_name.to_owned(), code), (url_name.to_owned(), plain(&self.url))]
    }
}

fn plain(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return text.split('#').next().unwrap_or_default().to_owned();
    };
    url.set_fragment(None);
    // Both can only fail for URLs that have no user part.
    _ = url.set_username("");
    _ = url.set_password(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        http::HttpError,
        xml::{Excess, XmlError},
    };

    #[test]
    fn each_format_tells_in_its_own_words() {
        let host = || "h".to_owned();
        let dns = || Failure::Http(HttpError::Dns { host: host(), reason: host() });
        let status = || Failure::Status { url: host(), status: 500 };
        let document = |error| Failure::Document { dialect: "XML", diagnostics: vec![], error };
        let large = || Failure::Http(HttpError::TooLarge { host: host(), limit: 1 });
        let content = || Failure::ContentType("text/css".to_owned());
        let relative = || Failure::Relative("next".to_owned());
        use {Origin::*, ReqFormat::*};
        for (format, origin, failure, code) in [
            (Twiml, Answer, dns(), ("ErrorCode", "11210")),
            (Twiml, Answer, status(), ("ErrorCode", "11217")),
            (Twiml, Action, content(), ("ErrorCode", "12300")),
            (Twiml, Answer, large(), ("ErrorCode", "11750")),
            (Twiml, Answer, document(None), ("ErrorCode", "12100")),
            (Twiml, Answer, document(Some(XmlError::Empty)), ("ErrorCode", "11770")),
            (
                Twiml,
                Answer,
                document(Some(XmlError::TooLarge(Excess { bytes: 9, most: 8 }))),
                ("ErrorCode", "11750"),
            ),
            (Twiml, Answer, document(Some(XmlError::Root(host()))), ("ErrorCode", "12102")),
            (Twiml, Answer, document(Some(XmlError::Ampersand)), ("ErrorCode", "12100")),
            (Plivo, Answer, status(), ("ErrorCode", "7011")),
            (Plivo, Fallback, status(), ("ErrorCode", "7011")),
            (Plivo, Action, status(), ("ErrorCode", "7012")),
            (Plivo, Transfer, dns(), ("ErrorCode", "7013")),
            (Plivo, Redirect, dns(), ("ErrorCode", "7014")),
            (Plivo, Answer, relative(), ("ErrorCode", "7011")),
            (Plivo, Action, relative(), ("ErrorCode", "7022")),
            (Plivo, Redirect, relative(), ("ErrorCode", "7024")),
            (Plivo, Answer, document(None), ("ErrorCode", "8011")),
            (Plivo, Action, content(), ("ErrorCode", "8012")),
            (Plivo, Redirect, document(Some(XmlError::Empty)), ("ErrorCode", "8014")),
            (Piston, Answer, dns(), ("Error-Code", "dns")),
        ] {
            let url = "https://u:p@h.example/a?b=c#rc=3".to_owned();
            let failed = Failed { failure, url, origin };
            let told = failed.parameters(format);
            assert_eq!((told[0].0.as_str(), told[0].1.as_str()), code);
            assert_eq!(told[1].1, "https://h.example/a?b=c");
            assert_eq!(told[1].0, code.0.replace("Code", "Url"));
        }
    }
}
