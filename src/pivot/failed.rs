//! A URL that gave no document, as the fallback URL is told of it.

use super::Failure;
use crate::config::ReqFormat;
use url::Url;

/// What failed, where, and whether something had been run before.
#[derive(Debug)]
pub struct Failed {
    /// Why there is no document.
    pub failure: Failure,
    /// The URL that was asked.
    pub url: String,
    /// Whether it was a follow-up (`action`, `<Redirect>`) of a document that was run.
    pub follow_up: bool,
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
            ReqFormat::Plivo => self.failure.plivo_code().to_string(),
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
    use crate::http::HttpError;

    #[test]
    fn each_format_tells_in_its_own_words() {
        let host = || "h".to_owned();
        let dns = || Failure::Http(HttpError::Dns { host: host(), reason: host() });
        let status = || Failure::Status { url: host(), status: 500 };
        let document = || Failure::Document { dialect: "XML", diagnostics: vec![] };
        for (format, failure, code) in [
            (ReqFormat::Twiml, dns(), ("ErrorCode", "11210")),
            (ReqFormat::Twiml, status(), ("ErrorCode", "11217")),
            (ReqFormat::Twiml, document(), ("ErrorCode", "12100")),
            (ReqFormat::Plivo, status(), ("ErrorCode", "7011")),
            (ReqFormat::Plivo, document(), ("ErrorCode", "8011")),
            (ReqFormat::Piston, dns(), ("Error-Code", "dns")),
        ] {
            let url = "https://u:p@h.example/a?b=c#rc=3".to_owned();
            let failed = Failed { failure, url, follow_up: false };
            let told = failed.parameters(format);
            assert_eq!((told[0].0.as_str(), told[0].1.as_str()), code);
            assert_eq!(told[1].1, "https://h.example/a?b=c");
            assert_eq!(told[1].0, code.0.replace("Code", "Url"));
        }
    }
}
