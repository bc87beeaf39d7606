//! What stands between a `pivot` action and its HTTP request: the parameters, and the guard.

use divan::{Bencher, black_box};
use pivot::{
    base::settings::Settings,
    config::{self, BodyFormat, Method},
    http::{Guard, Params, Request, special},
};
use std::net::IpAddr;
use url::Url;

const ADDRESSES: [&str; 5] =
    ["198.51.110.7", "10.1.2.3", "169.254.169.254", "2a00:1450:4001::1", "::ffff:127.0.0.1"];

const URLS: [&str; 4] = [
    "https://voice.example.com/answer?tenant=7",
    "https://93.184.216.34/answer",
    "http://0x7f.1:8000/answer",
    "http://[2a00:1450:4001::1]/answer",
];

fn main() {
    divan::main();
}

#[divan::bench]
fn parameters_in_a_query(bencher: Bencher) {
    let params = params();
    bencher.bench_local(|| {
        Request::with_parameters(Method::Get, URLS[0], BodyFormat::Form, black_box(&params))
    });
}

#[divan::bench]
fn parameters_in_a_form(bencher: Bencher) {
    let params = params();
    bencher.bench_local(|| {
        Request::with_parameters(Method::Post, URLS[0], BodyFormat::Form, black_box(&params))
    });
}

#[divan::bench]
fn parameters_in_json(bencher: Bencher) {
    let params = params();
    bencher.bench_local(|| {
        Request::with_parameters(Method::Post, URLS[0], BodyFormat::Json, black_box(&params))
    });
}

/// The `url` crate with names and values that need no flattening.
#[divan::bench]
fn parameters_in_a_query_peer_url(bencher: Bencher) {
    let pairs = pivot::http::pairs(&params());
    bencher.bench_local(|| {
        let mut url = Url::parse(URLS[0]).expect("it is a URL");
        url.query_pairs_mut().extend_pairs(black_box(&pairs));
        url
    });
}

#[divan::bench(args = URLS)]
fn judge_url(bencher: Bencher, url: &str) {
    let (guard, url) = (guard(), Url::parse(url).expect("it is a URL"));
    bencher.bench_local(|| black_box(&guard).judge_url(black_box(&url)));
}

/// All that a request is held up by before it leaves: its URL read, what its fragment says, and the
/// guard's word on its host.
#[divan::bench]
fn policy_and_guard(bencher: Bencher) {
    const URL: &str =
        "https://93.184.216.34/answer?tenant=7#ct=1500&rt=8000&rc=3&rp=ct,5xx&er=local";
    let guard = guard();
    bencher.bench_local(|| {
        let (settings, complaints) = Settings::plivo(black_box(URL));
        let judged = Url::parse(black_box(URL)).map(|url| guard.judge_url(&url));
        (settings, complaints, judged)
    });
}

#[divan::bench(args = ADDRESSES)]
fn special_address(bencher: Bencher, address: &str) {
    let address: IpAddr = address.parse().expect("it is an address");
    bencher.bench_local(|| special(black_box(address)));
}

/// What the standard library can tell of an address, which is less.
#[divan::bench(args = ADDRESSES)]
fn special_address_peer_std(bencher: Bencher, address: &str) {
    let address: IpAddr = address.parse().expect("it is an address");
    bencher.bench_local(|| match black_box(address) {
        IpAddr::V4(v4) => {
            v4.is_unspecified()
                || v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation()
        }
        IpAddr::V6(v6) => {
            v6.is_unspecified()
                || v6.is_loopback()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_multicast()
        }
    });
}

/// A guard with an operator's usual lists.
fn guard() -> Guard {
    let lists = "[http]\nallow_cidrs = [\"10.9.0.0/16\"]\nallow_hosts = [\"intranet.example\"]\n\
                 block_hosts = [\"bad.example\"]";
    let config = config::load_text("bench", lists, []).expect("the lists are valid");
    Guard::new(&config.http).expect("they are hosts and networks")
}

/// What a Piston request tells of a call whose caller has typed something.
fn params() -> Params {
    let params = serde_json::json!({
        "Account-ID": "acme",
        "Api-Version": "4.x",
        "Call-ID": "7f3c1b52-90d4-4c7e-8a6b-2f4f6c1f0b1e",
        "Call-Status": "in-progress",
        "Direction": "inbound",
        "Caller-ID-Name": "Ann Müller",
        "Caller-ID-Number": "+4917012345678",
        "From": "+4917012345678",
        "From-Realm": "carrier.example",
        "To": "+49305550100",
        "To-Realm": "pbx.example",
        "Request": "+49305550100",
        "Request-Realm": "pbx.example",
        "Language": "de",
        "Digits": { "default": "1234", "pin": "99" },
        "Custom-Application-Vars": { "tenant": "7", "queue": "sales & help" },
        "Custom-SIP-Headers": { "X-Trunk": "TG-0042", "X-Stir-Verstat": "TN-Validation-Passed-A" },
    });
    params.as_object().cloned().unwrap_or_default()
}
