//! The schemes against the vendors' vectors, and the keyring's choice of secrets.

use super::{Keyring, Scheme, Signing, plivo, standard, twilio};
use crate::{
    base::{
        Secret,
        web::{FileUpload, UploadMethod},
    },
    config::{self, Method},
    http::{Body, Request, request::Hop},
};
use serde_json::Value;
use url::Url;

const PLIVO: &str = include_str!("../../../fixtures/signatures/plivo-v3.json");
const TWILIO: &str = include_str!("../../../fixtures/signatures/twilio.json");
const STANDARD_WEBHOOKS: &str = include_str!("../../../fixtures/signatures/standard-webhooks.json");

fn vectors(file: &str, group: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(file).unwrap();
    file[group].as_array().unwrap().clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn secret(value: &Value) -> Secret {
    Secret::new(text(value).as_bytes())
}

fn form(fields: impl IntoIterator<Item = (String, String)>) -> Body {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    Body { content_type: "application/x-www-form-urlencoded".into(), bytes: form.finish().into() }
}

/// The text that is signed for a Plivo vector.
fn plivo_text(vector: &Value) -> String {
    let method = match text(&vector["method"]) {
        "GET" => Method::Get,
        _ => Method::Post,
    };
    let one = |name: &String, value: &Value| (name.clone(), text(value).to_owned());
    let pairs = vector["params"].as_object().unwrap().iter();
    let pairs = pairs.flat_map(|(name, value)| match value {
        Value::Array(values) => values.iter().map(|value| one(name, value)).collect(),
        single => vec![one(name, single)],
    });
    let parameters = plivo::parameters(Some(&form(pairs)));
    if let Some(body) = vector.get("form_body") {
        let body = Body { bytes: text(body).to_owned().into(), ..form([]) };
        let (mut sent, mut meant) = (plivo::parameters(Some(&body)), parameters.clone());
        sent.sort();
        meant.sort();
        assert_eq!(sent, meant, "{vector}");
    }
    plivo::text(method, text(&vector["uri"]), parameters, text(&vector["nonce"]))
}

#[test]
fn every_vector_of_plivo_comes_out() {
    let vectors = vectors(PLIVO, "signed");
    assert_eq!(vectors.len(), 21);
    for vector in vectors {
        let signed = plivo_text(&vector);
        assert_eq!(signed, text(&vector["string_to_sign"]), "{}", vector["name"]);
        let signature = plivo::signatures(&[secret(&vector["auth_token"])], &signed);
        assert_eq!(signature, text(&vector["signature"]), "{}", vector["name"]);
    }
}

#[test]
fn two_tokens_of_plivo_make_two_signatures() {
    for vector in vectors(PLIVO, "rotated") {
        let tokens: Vec<_> =
            vector["accepted_tokens"].as_array().unwrap().iter().map(secret).collect();
        let signatures = plivo::signatures(&tokens, &plivo_text(&vector));
        assert_eq!(signatures, text(&vector["header_value"]));
    }
}

#[test]
fn what_plivo_refuses_comes_out_different() {
    let vectors = vectors(PLIVO, "refused");
    assert_eq!(vectors.len(), 7);
    for vector in vectors {
        let signature = plivo::signatures(&[secret(&vector["auth_token"])], &plivo_text(&vector));
        assert_ne!(signature, text(&vector["header_value"]), "{}", vector["name"]);
    }
}

#[test]
fn plivo_signs_json_as_its_python_library_reads_it() {
    let bytes = r#"{"b": "2", "n": 1.5, "l": ["y", "x"], "o": {"z": 1, "a": "ü"}, "t": true}"#;
    let body = Body { content_type: "application/json".into(), bytes: bytes.into() };
    let text = plivo::text(Method::Post, "http://h/p", plivo::parameters(Some(&body)), "7");
    assert_eq!(text, "http://h/p?b2lxlyn1.5oaüz1ttrue.7");
}

#[test]
fn plivo_leaves_path_parameters_out() {
    let text = |url| plivo::text(Method::Get, url, vec![], "7");
    assert_eq!(text("http://h/a;b/c;d=1?e"), "http://h/a;b/c?e=.7");
}

#[test]
fn a_nonce_is_twenty_fresh_digits() {
    let (one, other) = (plivo::nonce(), plivo::nonce());
    assert!(one.len() == 20 && one.bytes().all(|b| b.is_ascii_digit()) && one != other);
}

#[test]
fn every_vector_of_twilio_comes_out() {
    let file: Value = serde_json::from_str(TWILIO).unwrap();
    let token = secret(&file["auth_token"]);
    for vector in vectors(TWILIO, "signed") {
        let mut url = Url::parse(text(&vector["url"])).unwrap();
        let fields = vector["fields"].as_array().into_iter().flatten();
        let fields = fields.map(|pair| (text(&pair[0]).to_owned(), text(&pair[1]).to_owned()));
        let body = match vector.get("body") {
            None => form(fields),
            Some(body) => {
                let bytes = text(body).to_owned().into();
                Body { content_type: "application/json".into(), bytes }
            }
        };
        twilio::bind_body(&mut url, &body);
        if let Some(travels) = vector.get("travels") {
            assert_eq!(url.as_str(), text(travels));
        }
        let signature = twilio::signature(&token, &twilio::text(&url, Some(&body)));
        assert_eq!(signature, text(&vector["signature"]), "{}", vector["name"]);
    }
}

#[test]
fn the_hash_of_another_body_is_replaced() {
    let body = Body { content_type: "application/json".into(), bytes: "{}".into() };
    let hash = "bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    for (url, bound) in [
        ("https://h/p", format!("https://h/p?{hash}")),
        ("https://h/p?a=1&bodySHA256=00&b=2", format!("https://h/p?a=1&b=2&{hash}")),
    ] {
        let mut url = Url::parse(url).unwrap();
        twilio::bind_body(&mut url, &body);
        assert_eq!(url.as_str(), bound);
    }
}

#[test]
fn every_vector_of_standard_webhooks_comes_out() {
    for vector in vectors(STANDARD_WEBHOOKS, "signed") {
        let key = |secret: &Value| config::webhook_key(text(secret)).unwrap();
        let keys: Vec<_> = vector["secrets"].as_array().unwrap().iter().map(key).collect();
        let (id, seconds) = (text(&vector["id"]), vector["seconds"].as_u64().unwrap());
        let content = text(&vector["body"]).as_bytes();
        let mut signatures = standard::Signatures::begin(&keys, id, seconds);
        content.chunks(3).for_each(|piece| signatures.update(piece));
        assert_eq!(signatures.header(), text(&vector["signature"]));
    }
}

/// Secrets of a customer, of its subaccount, and of everybody else.
fn keyring() -> Keyring {
    let config = r#"
        [accounts.default]
        plivo_auth_tokens = ["d"]
        twilio_auth_tokens = ["d"]
        [accounts.acme]
        plivo_auth_tokens = ["new", "old"]
        twilio_auth_tokens = ["new", "old"]
        [accounts.sub]
        plivo_auth_tokens = ["sub"]
        main_account = "acme"
    "#;
    Keyring::new(&config::load_text("test", config, []).unwrap().accounts)
}

async fn signed(account: &str, scheme: Scheme) -> (Hop, Vec<(String, String)>) {
    let request = Request::get("http://u:p@h/p?x=1#rc=2").unwrap();
    let hop = request.signed(Signing { account_id: account.to_owned(), scheme }).hop;
    let headers = keyring().sign(&hop, &mut hop.url.clone()).await.unwrap();
    let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(keyring().headers(hop.signing.as_ref().unwrap()), names);
    (hop, headers)
}

#[tokio::test]
async fn each_account_signs_with_its_own_secrets_or_those_of_the_default_one() {
    let tokens = |tokens: &[&str]| -> Vec<_> {
        tokens.iter().map(|token| Secret::new(token.as_bytes())).collect()
    };
    for (account, own, main) in [
        ("acme", &["new", "old"][..], &["new", "old"][..]),
        ("sub", &["sub"], &["new", "old"]),
        ("other", &["d"], &["d"]),
        ("", &["d"], &["d"]),
    ] {
        let (_, headers) = signed(account, Scheme::Plivo).await;
        let text = format!("http://h/p?x=1.{}", headers[2].1);
        let expected = [
            (plivo::HEADER, plivo::signatures(&tokens(own), &text)),
            (plivo::MAIN_HEADER, plivo::signatures(&tokens(main), &text)),
            (plivo::NONCE_HEADER, headers[2].1.clone()),
        ];
        assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value)), "{account}");
    }
    for (account, token) in [("acme", "new"), ("sub", "d"), ("other", "d")] {
        let (_, headers) = signed(account, Scheme::Twilio).await;
        let expected = twilio::signature(&Secret::new(token.as_bytes()), "http://h/p?x=1");
        assert_eq!(headers, [(twilio::HEADER.to_owned(), expected)], "{account}");
    }
}

#[tokio::test]
async fn without_a_secret_nothing_is_signed_and_nothing_added_to_the_url() {
    assert!(signed("acme", Scheme::Standard { id: "1".to_owned() }).await.1.is_empty());
    let body = Body { content_type: "application/json".into(), bytes: "{}".into() };
    let request = Request::post("http://h/p", body).unwrap();
    let signing = Signing { account_id: "acme".to_owned(), scheme: Scheme::Twilio };
    let hop = request.signed(signing).hop;
    let mut url = hop.url.clone();
    assert!(Keyring::default().sign(&hop, &mut url).await.unwrap().is_empty());
    assert_eq!(url, hop.url);
}

#[tokio::test]
async fn a_get_is_signed_by_its_query_and_a_post_by_its_body() {
    let (get, _) = signed("", Scheme::Twilio).await;
    assert_eq!(standard::content(&get), b"x=1");
    let post = Request::post("http://h/p?x=1", form([("a".to_owned(), "b".to_owned())])).unwrap();
    assert_eq!(standard::content(&post.hop), b"a=b");
}

#[tokio::test]
async fn a_file_is_signed_as_the_body_that_it_becomes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let content: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(&path, &content).unwrap();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let config = format!("[accounts.acme]\nwebhook_secrets = {secret:?}");
    let keyring = Keyring::new(&config::load_text("test", &config, []).unwrap().accounts);
    let file = FileUpload { method: UploadMethod::Put, path };
    let scheme = Scheme::Standard { id: "d1".to_owned() };
    let signing = Signing { account_id: "acme".to_owned(), scheme };
    let hop = Request::upload("http://h/", file, "audio/wav").unwrap().signed(signing).hop;
    let headers = keyring.sign(&hop, &mut hop.url.clone()).await.unwrap();
    let seconds = headers[1].1.parse().unwrap();
    let key = config::webhook_key(secret).unwrap();
    let mut expected = standard::Signatures::begin(&[key], "d1", seconds);
    expected.update(&content);
    assert_eq!(headers[2], (standard::HEADER.to_owned(), expected.header()));
}
