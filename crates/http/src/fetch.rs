//! One file after the other from a server that may be broken or hostile.

use std::io::Read;
use std::time::{Duration, Instant};

use quorate_trust::client::{Fetch, FetchError, Request, Tree};
use ureq::{Agent, Body, Error, Proxy, ProxyProtocol, Timeout, http::Response};

use crate::address::Address;
use crate::pace::Pace;
use crate::tls;

/// Redirects that are followed: from a name to a mirror, and a mirror's own.
const REDIRECTS_MAX: u32 = 3;
/// Bytes of an answer's header: known servers send some hundred.
const HEADER_BYTES_MAX: usize = 16_384;
/// Bytes that are read between two looks at the time.
const PIECE_BYTES: usize = 65_536;

/// How long a server is waited for. The limit of the whole file comes with each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until the name is resolved and the connection, with its TLS, stands.
    pub connect: Duration,
    /// Until the header of the answer is there.
    pub answer: Duration,
    /// Time within which [`Self::bytes_min`] must come, and within which something must.
    pub window: Duration,
    /// Bytes of each window but the last.
    pub bytes_min: u64,
}

impl Patience {
    /// What the programs use. 1,000 bytes a second is less than any link of today brings, and ends a wait for a server that stalls on purpose.
    pub const STANDARD: Self = Self {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(20),
        window: Duration::from_secs(10),
        bytes_min: 10_000,
    };
}

/// Whether others are asked to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxies {
    /// The proxies of `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, but for the hosts of `NO_PROXY`.
    OfEnvironment,
    /// Servers are asked directly.
    None,
}

/// Is told the name of the file and how many of its bytes are there, as they come.
type Observer = Box<dyn FnMut(&str, u64)>;

/// A repository on a server.
pub struct HttpFetch {
    plain: Option<Agent>,
    /// Made by the first request over https: reading the machine's authorities takes longer than most look-ups.
    tls: Option<Agent>,
    proxies: Proxies,
    metadata: Address,
    targets: Address,
    patience: Patience,
    spent: Duration,
    observer: Option<Observer>,
}

impl std::fmt::Debug for HttpFetch {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "HttpFetch({}, {})", self.metadata, self.targets)
    }
}

impl HttpFetch {
    /// Asks for metadata below one address and for targets below another, with the patience and proxies that the caller wants. Nothing is sent yet.
    pub fn new(metadata: Address, targets: Address, patience: Patience, proxies: Proxies) -> Self {
        Self {
            plain: None,
            tls: None,
            proxies,
            metadata,
            targets,
            patience,
            spent: Duration::ZERO,
            observer: None,
        }
    }

    /// Asks for `metadata/…` and `targets/…` below an address, as the programs do.
    pub fn of_repository(address: &Address) -> Self {
        let (metadata, targets) = (address.folder("metadata"), address.folder("targets"));
        Self::new(
            metadata,
            targets,
            Patience::STANDARD,
            Proxies::OfEnvironment,
        )
    }

    /// Calls `observer` with the name of a file and the bytes of it that are there, as they come: to show progress.
    pub fn observe(&mut self, observer: impl FnMut(&str, u64) + 'static) {
        self.observer = Some(Box::new(observer));
    }

    fn agent(&mut self, url: &str) -> Result<Agent, FetchError> {
        let proxy = match self.proxies {
            Proxies::OfEnvironment => Proxy::try_from_env(),
            Proxies::None => None,
        };
        let is_tls_proxy = |proxy: &Proxy| proxy.protocol() == ProxyProtocol::Https;
        let needs_tls = url.starts_with("https:") || proxy.as_ref().is_some_and(is_tls_proxy);
        let known = if needs_tls { &self.tls } else { &self.plain };
        if let Some(agent) = known {
            return Ok(agent.clone());
        }
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_response_header_size(HEADER_BYTES_MAX)
            .timeout_connect(Some(self.patience.connect))
            .timeout_resolve(Some(self.patience.connect))
            .timeout_recv_response(Some(self.patience.answer))
            .timeout_per_read(Some(self.patience.window.max(self.patience.answer)))
            .user_agent(concat!("quorate/", env!("CARGO_PKG_VERSION")))
            .proxy(proxy);
        if needs_tls {
            config = config.tls_config(tls::of_this_machine().map_err(FetchError::Unreadable)?);
        }
        let agent = Agent::from(config.build());
        let kept = if needs_tls {
            &mut self.tls
        } else {
            &mut self.plain
        };
        Ok(kept.insert(agent).clone())
    }

    fn file(&mut self, request: &Request<'_>) -> Result<Option<Vec<u8>>, FetchError> {
        let (tree, url) = match request.tree {
            // The names of roles are escaped already, once, as every client of TUF does.
            Tree::Metadata => (&self.metadata, self.metadata.plain(request.name)),
            Tree::Targets => (&self.targets, self.targets.file(request.name)),
        };
        let (begun, mut url, https_only) = (Instant::now(), url, tree.is_https());
        let total = Duration::from_secs(request.seconds_max);
        for _ in 0..=REDIRECTS_MAX {
            if https_only && !url.starts_with("https:") {
                return Err(FetchError::Unreadable(format!(
                    "the server leads from https to {url}, which is not followed: ask who keeps the server for an address that stays https"
                )));
            }
            let call = self
                .agent(&url)?
                .get(&url)
                .config()
                .timeout_global(Some(total.saturating_sub(begun.elapsed())))
                .build()
                .call();
            let response = call.map_err(|error| failure(&url, error, request, self.patience))?;
            match response.status().as_u16() {
                200 => return self.body(response, &url, request).map(Some),
                404 => return Ok(None),
                301 | 302 | 303 | 307 | 308 => url = led_to(&url, &response)?,
                // Whoever can answer 500 or 403 could otherwise hide that there is something newer.
                status => {
                    return Err(FetchError::Unreadable(format!(
                        "{url}: the server answers {status}; only 200 brings a file and only 404 says that there is none: ask who keeps the server, or try again later"
                    )));
                }
            }
        }
        Err(FetchError::Unreadable(format!(
            "{url}: more than {REDIRECTS_MAX} redirects: name the address that they end at"
        )))
    }

    fn body(
        &mut self,
        mut response: Response<Body>,
        url: &str,
        request: &Request<'_>,
    ) -> Result<Vec<u8>, FetchError> {
        let too_long = || FetchError::TooLong(request.bytes_max);
        let said = response.body().content_length();
        if said.is_some_and(|said| said > request.bytes_max as u64) {
            return Err(too_long());
        }
        let (begun, mut pace) = (
            Instant::now(),
            Pace::new(self.patience.window, self.patience.bytes_min),
        );
        let mut reader = response.body_mut().as_reader();
        let (mut bytes, mut piece) = (Vec::new(), vec![0; PIECE_BYTES]);
        loop {
            let read = reader.read(&mut piece);
            let read =
                read.map_err(|error| failure(url, Error::from(error), request, self.patience))?;
            if read == 0 {
                return Ok(bytes);
            }
            if bytes.len() + read > request.bytes_max {
                return Err(too_long());
            }
            bytes.extend_from_slice(&piece[..read]);
            if !pace.took(begun.elapsed(), read) {
                return Err(stalled(self.patience));
            }
            if let Some(observer) = &mut self.observer {
                observer(request.name, bytes.len() as u64);
            }
        }
    }
}

impl Fetch for HttpFetch {
    fn fetch(&mut self, request: &Request<'_>) -> Result<Option<Vec<u8>>, FetchError> {
        let begun = Instant::now();
        let found = self.file(request);
        self.spent += begun.elapsed();
        found
    }

    fn seconds_spent(&self) -> u64 {
        self.spent.as_secs()
    }
}

fn stalled(patience: Patience) -> FetchError {
    FetchError::Stalled {
        bytes_min: patience.bytes_min,
        seconds: patience.window.as_secs(),
    }
}

/// RFC 9110 §10.2.2, without what no mirror needs: an address of http or https, or a path from the server's top.
fn led_to(url: &str, response: &Response<Body>) -> Result<String, FetchError> {
    let header = response.headers().get("location");
    let to = header
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if let Some((scheme, rest)) = to.split_once("://")
        && Address::is_meant(to)
    {
        return Ok(format!("{}://{rest}", scheme.to_ascii_lowercase()));
    }
    let authority = url.split('/').nth(2).unwrap_or_default();
    let scheme = url.split("//").next().unwrap_or_default();
    if to.starts_with('/') && !to.starts_with("//") {
        return Ok(format!("{scheme}//{authority}{to}"));
    }
    Err(FetchError::Unreadable(format!(
        "{url}: the server leads to {to:?}, which is neither an address of http or https nor a path of it: ask who keeps the server"
    )))
}

fn refused_tls(problem: &dyn std::fmt::Display) -> String {
    format!(
        "TLS is refused: {problem}; where the authority is your own, name the file of its certificate with SSL_CERT_FILE"
    )
}

fn failure(url: &str, error: Error, request: &Request<'_>, patience: Patience) -> FetchError {
    let unreadable = |problem: String| FetchError::Unreadable(format!("{url}: {problem}"));
    match error {
        Error::Timeout(Timeout::Global | Timeout::PerCall) => {
            FetchError::TooSlow(request.seconds_max)
        }
        Error::Timeout(Timeout::PerRead) => stalled(patience),
        Error::Timeout(Timeout::Connect | Timeout::Resolve) => unreadable(format!(
            "no connection after {} seconds: is the address right, and the network there?",
            patience.connect.as_secs()
        )),
        Error::Timeout(_) => unreadable(format!(
            "no answer after {} seconds: try again later",
            patience.answer.as_secs()
        )),
        Error::Rustls(problem) => unreadable(refused_tls(&problem)),
        Error::Io(problem) if problem.kind() == std::io::ErrorKind::InvalidData => {
            unreadable(refused_tls(&problem))
        }
        Error::Io(problem) if problem.kind() == std::io::ErrorKind::UnexpectedEof => {
            unreadable("the connection ended before the file did: try again".to_owned())
        }
        error => unreadable(error.to_string()),
    }
}
