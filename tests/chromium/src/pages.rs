//! A server of pages on 127.0.0.1, where a browser lets a page have a camera and a microphone. What it has, it has
//! from the start; it knows `GET`, and closes after each answer.

use crate::Fault;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Visitors at once; further ones wait.
const VISITORS: usize = 32;
/// The longest question that is read.
const QUESTION: usize = 16 * 1024;
/// Who has not asked by then is let go; browsers open connections that they may not need.
const PATIENCE: Duration = Duration::from_secs(30);

/// Pages that are served until this is dropped.
#[derive(Debug)]
pub struct Pages {
    at: SocketAddr,
    task: JoinHandle<()>,
}

type Known = HashMap<String, (String, Vec<u8>)>;

impl Pages {
    /// Serves pages, each with its path, its kind and what it says.
    ///
    /// # Errors
    /// The system gives no socket.
    pub async fn serve<P, K, B>(pages: impl IntoIterator<Item = (P, K, B)>) -> Result<Self, Fault>
    where
        P: Into<String>,
        K: Into<String>,
        B: Into<Vec<u8>>,
    {
        let known =
            pages.into_iter().map(|(path, kind, body)| (path.into(), (kind.into(), body.into())));
        let known: Arc<Known> = Arc::new(known.collect());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let at = listener.local_addr()?;
        Ok(Self { at, task: tokio::spawn(welcome(listener, known)) })
    }

    /// The address of a path.
    pub fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn welcome(listener: TcpListener, known: Arc<Known>) {
    let room = Arc::new(Semaphore::new(VISITORS));
    while let Ok((stream, _)) = listener.accept().await {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let known = Arc::clone(&known);
        tokio::spawn(async move {
            // One who goes in the middle is gone.
            drop(tokio::time::timeout(PATIENCE, answer(stream, &known)).await);
            drop(place);
        });
    }
}

async fn answer(mut stream: TcpStream, known: &Known) -> std::io::Result<()> {
    let mut question = Vec::new();
    while !question.windows(4).any(|end| end == b"\r\n\r\n") {
        if question.len() > QUESTION || stream.read_buf(&mut question).await? == 0 {
            return Ok(());
        }
    }
    let question = String::from_utf8_lossy(&question).into_owned();
    let mut words = question.split_whitespace();
    let (verb, asked) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = asked.split(['?', '#']).next().unwrap_or_default();
    let found = known.get(path).filter(|_| verb == "GET");
    let (status, kind, body) = match found {
        Some((kind, body)) => ("200 OK", kind.as_str(), body.as_slice()),
        None => ("404 Not Found", "text/plain", &b"There is nothing here."[..]),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}
