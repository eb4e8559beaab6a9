//! Servers that are broken or hostile: each test is named after what they try.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set its stage has failed"
)]

#[path = "fetch/server.rs"]
mod server;

use std::time::Duration;

use quorate_http::{Address, HttpFetch, Patience, Proxies};
use quorate_trust::client::{Fetch, FetchError, Request, Tree};
use server::{Answer, Server};

/// Much shorter than what the programs use, so that no test waits; what is tested is that there is an end, and which.
const IMPATIENT: Patience = Patience {
    connect: Duration::from_secs(10),
    answer: Duration::from_millis(150),
    window: Duration::from_millis(150),
    bytes_min: 1_000,
};

fn request(name: &str) -> Request<'_> {
    Request {
        tree: Tree::Metadata,
        name,
        bytes_max: 100_000,
        seconds_max: 60,
    }
}

fn fetch_with(
    server: &Server,
    patience: Patience,
    request: &Request<'_>,
) -> Result<Option<Vec<u8>>, FetchError> {
    let of = |path| Address::parse(&server.url(path)).unwrap();
    let mut fetch = HttpFetch::new(of("m"), of("t"), patience, Proxies::None);
    fetch.fetch(request)
}

fn fetch(answer: Answer) -> Result<Option<Vec<u8>>, FetchError> {
    let server = Server::of([("/m/x.json", answer)]);
    fetch_with(&server, Patience::STANDARD, &request("x.json"))
}

fn refusal(answer: Answer) -> String {
    fetch(answer).unwrap_err().to_string()
}

#[test]
fn a_file_comes_as_it_is_and_the_server_learns_who_asks() {
    let server = Server::of([("/m/1.a%2Fb.json", Answer::File(b"{}".to_vec()))]);
    let found = fetch_with(&server, Patience::STANDARD, &request("1.a%2Fb.json"));
    assert_eq!(found.unwrap(), Some(b"{}".to_vec()));
    let head = server.asked().remove(0).to_lowercase();
    assert!(head.contains("user-agent: quorate/0."), "{head}");
    assert!(!head.contains("accept-encoding"), "{head}");
}

#[test]
fn a_targets_name_is_a_name_and_no_part_of_the_address() {
    let server = Server::of([("/t/p/a%20b%3Fc%23", Answer::File(b"x".to_vec()))]);
    let request = Request {
        tree: Tree::Targets,
        ..request("p/a b?c#")
    };
    let found = fetch_with(&server, Patience::STANDARD, &request);
    assert_eq!(found.unwrap(), Some(b"x".to_vec()));
}

#[test]
fn only_404_says_that_there_is_no_file() {
    assert_eq!(fetch(Answer::Status(404)).unwrap(), None);
    for status in [201, 204, 206, 400, 401, 403, 410, 429, 500, 503] {
        let said = refusal(Answer::Status(status));
        assert!(said.contains(&format!("answers {status}")), "{said}");
    }
}

#[test]
fn endless_data_is_cut_off_at_the_limit() {
    let refused = fetch(Answer::Endless).unwrap_err();
    assert!(matches!(refused, FetchError::TooLong(100_000)), "{refused}");
}

#[test]
fn a_file_that_is_said_to_be_too_long_is_not_read() {
    let refused = fetch(Answer::Stall(100_001, Vec::new())).unwrap_err();
    assert!(matches!(refused, FetchError::TooLong(100_000)), "{refused}");
    let whole = fetch(Answer::File(vec![b' '; 100_000])).unwrap();
    assert_eq!(whole.unwrap().len(), 100_000);
}

#[test]
fn slow_retrieval_ends_where_a_server_stalls() {
    let server = Server::of([("/m/x.json", Answer::Stall(50_000, b"{".to_vec()))]);
    let refused = fetch_with(&server, IMPATIENT, &request("x.json")).unwrap_err();
    let FetchError::Stalled { bytes_min, .. } = refused else {
        panic!("{refused}");
    };
    assert_eq!(bytes_min, 1_000);
}

#[test]
fn slow_retrieval_ends_at_the_time_of_the_whole_file() {
    let server = Server::of([("/m/x.json", Answer::Stall(50_000, b"{".to_vec()))]);
    let hurried = Request {
        seconds_max: 1,
        ..request("x.json")
    };
    let refused = fetch_with(&server, Patience::STANDARD, &hurried).unwrap_err();
    assert!(matches!(refused, FetchError::TooSlow(1)), "{refused}");
}

#[test]
fn a_server_that_never_ends_its_header_is_not_waited_for() {
    let server = Server::of([("/m/x.json", Answer::HalfAHeader)]);
    let refused = fetch_with(&server, IMPATIENT, &request("x.json")).unwrap_err();
    assert!(refused.to_string().contains("no answer after"), "{refused}");
}

#[test]
fn a_truncated_body_is_no_file() {
    let said = refusal(Answer::Cut(10, b"{}".to_vec()));
    assert!(said.contains("ended before the file did"), "{said}");
}

#[test]
fn a_redirect_is_followed_to_another_server_and_not_in_circles() {
    let mirror = Server::of([("/there", Answer::File(b"{}".to_vec()))]);
    assert_eq!(
        fetch(Answer::Redirect(mirror.url("there"))).unwrap(),
        Some(b"{}".to_vec())
    );
    let said = refusal(Answer::Redirect("/m/x.json".to_owned()));
    assert!(said.contains("more than 3 redirects"), "{said}");
}

#[test]
fn a_redirect_to_a_file_of_this_machine_is_not_followed() {
    for to in [
        "file:///etc/hostname",
        "ftp://127.0.0.1/x",
        "//127.0.0.1/x",
        "x",
        "",
    ] {
        let said = refusal(Answer::Redirect(to.to_owned()));
        assert!(said.contains("the server leads to"), "{to}: {said}");
    }
}

#[test]
fn a_server_that_is_not_there_is_an_error_and_not_an_empty_repository() {
    let url = Server::of([]).url("m");
    let address = Address::parse(&url).unwrap();
    let mut fetch = HttpFetch::new(address.clone(), address, IMPATIENT, Proxies::None);
    let refused = fetch.fetch(&request("x.json")).unwrap_err();
    assert!(matches!(refused, FetchError::Unreadable(_)), "{refused}");
}
