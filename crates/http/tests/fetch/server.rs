//! A server on this machine that answers as a test says. It ends with its value.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What is sent for a path.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A whole file.
    File(Vec<u8>),
    /// A status without a file.
    Status(u16),
    /// A redirect.
    Redirect(String),
    /// These bytes under a header that says so many, and then the end of the connection.
    Cut(usize, Vec<u8>),
    /// These bytes under a header that says so many, and then nothing until the client goes.
    Stall(usize, Vec<u8>),
    /// The beginning of a header, and then nothing until the client goes.
    HalfAHeader,
    /// A header without a length, and bytes until the client goes.
    Endless,
}

/// The server. It counts what it was asked for.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn of(answers: impl IntoIterator<Item = (&'static str, Answer)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers: BTreeMap<String, Answer> = answers
            .into_iter()
            .map(|(path, answer)| (path.to_owned(), answer))
            .collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let ends = Arc::new(AtomicBool::new(false));
        let (log, ended) = (Arc::clone(&asked), Arc::clone(&ends));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                // A client that goes away is no fault of the server's.
                drop(serve(stream.unwrap(), &answers, &log));
            }
        });
        Self {
            address,
            asked,
            ends,
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The heads of all requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        self.thread.take().unwrap().join().unwrap();
    }
}

fn serve(
    stream: TcpStream,
    answers: &BTreeMap<String, Answer>,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut head = String::new();
    for line in lines.by_ref() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        head.push_str(&line);
        head.push('\n');
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    log.lock().unwrap().push(head);
    let answer = answers.get(&path).cloned();
    send(stream, answer.unwrap_or(Answer::Status(404)))
}

fn send(mut stream: TcpStream, answer: Answer) -> std::io::Result<()> {
    let header = |length: usize| {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
    };
    let until_the_client_goes = |mut stream: TcpStream| stream.read(&mut [0]).map(drop);
    match answer {
        Answer::File(bytes) => {
            stream.write_all(header(bytes.len()).as_bytes())?;
            stream.write_all(&bytes)
        }
        Answer::Status(status) => stream.write_all(
            format!("HTTP/1.1 {status} Said\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}")
                .as_bytes(),
        ),
        Answer::Redirect(to) => stream.write_all(
            format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        ),
        Answer::Cut(said, bytes) => {
            stream.write_all(header(said).as_bytes())?;
            stream.write_all(&bytes)
        }
        Answer::Stall(said, bytes) => {
            stream.write_all(header(said).as_bytes())?;
            stream.write_all(&bytes)?;
            until_the_client_goes(stream)
        }
        Answer::HalfAHeader => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConte")?;
            until_the_client_goes(stream)
        }
        Answer::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[b' '; 65_536])?;
            }
        }
    }
}
