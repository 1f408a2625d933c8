//! Figures for Prometheus: an HTTP server that knows one page, on a thread of its own.
//!
//! A page of a few kilobytes, asked for a few times a minute, needs no HTTP library: requests are taken one at a time.

mod board;
mod text;

pub(crate) use board::Board;

use super::ServeError;
use crate::config::Metrics;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long somebody who asks may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest request; what is longer asks for no page of ours.
const LONGEST: usize = 8192;

/// A running server.
pub(crate) struct MetricsServer {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl MetricsServer {
    /// Serves what stands on `board`.
    ///
    /// # Errors
    ///
    /// It cannot listen there.
    pub(crate) fn start(settings: &Metrics, board: &Arc<Board>) -> Result<Self, ServeError> {
        let refused = |error: std::io::Error| ServeError::Metrics {
            address: settings.socket(),
            reason: error.to_string(),
        };
        let listener = TcpListener::bind(settings.socket()).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let (is_over, board) = (Arc::new(AtomicBool::new(false)), Arc::clone(board));
        let stop = Arc::clone(&is_over);
        let thread = std::thread::Builder::new()
            .name("tapetum-metrics".into())
            .spawn(move || serve(&listener, &board, &stop))
            .map_err(ServeError::Thread)?;
        tracing::info!(port = address.port(), "figures at http://{address}/metrics");
        Ok(Self {
            address,
            is_over,
            thread: Some(thread),
        })
    }
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // The thread waits for somebody to come. An address that means all of them is reached on this machine, too.
        let woken = TcpStream::connect_timeout(&self.address, PATIENCE).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            // It can only have ended by itself.
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, board: &Board, stop: &AtomicBool) {
    for stream in listener.incoming() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = stream.and_then(|stream| answer(stream, board)) {
            tracing::debug!(%error, "figures were not fetched");
            // Without a rest, a process that has no descriptor left would spin here.
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn answer(mut stream: TcpStream, board: &Board) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = request(&mut stream)?;
    let (status, kind, body) = match request.split(' ').collect::<Vec<_>>()[..] {
        ["GET", "/metrics", ..] => ("200 OK", text::KIND, text::page(board)),
        ["GET", ..] => ("404 Not Found", "text/plain", "see /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed", "text/plain", String::new()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// The first line of a request, once its head is there; who is cut off with it unread sees a reset.
fn request(stream: &mut TcpStream) -> std::io::Result<String> {
    let (mut head, mut bytes) = (Vec::new(), [0; 1024]);
    while head.len() < LONGEST && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut bytes)? {
            0 => break,
            length => head.extend_from_slice(&bytes[..length]),
        }
    }
    let head = String::from_utf8_lossy(&head);
    Ok(head.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(server: &MetricsServer, request: &str) -> String {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn one_page_is_served_and_nothing_else_until_the_end() {
        let settings = Metrics {
            port: 0,
            ..Metrics::default()
        };
        let server = MetricsServer::start(&settings, &Arc::default()).unwrap();
        for (request, status) in [
            ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200"),
            ("GET / HTTP/1.1\r\n\r\n", "404"),
            ("POST /metrics HTTP/1.1\r\n\r\n", "405"),
            ("\r\n\r\n", "405"),
        ] {
            let answer = ask(&server, request);
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{answer}"
            );
        }
        let address = server.address;
        // Somebody who comes and says nothing holds up nobody for long.
        let _silent = TcpStream::connect(address).unwrap();
        assert!(ask(&server, "GET /metrics HTTP/1.1\r\n\r\n").contains("200 OK"));
        drop(server);
        assert!(TcpListener::bind(address).is_ok());
    }

    #[test]
    fn a_port_that_is_taken_is_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let settings = Metrics {
            port: taken.local_addr().unwrap().port(),
            ..Metrics::default()
        };
        let error = MetricsServer::start(&settings, &Arc::default())
            .err()
            .unwrap();
        assert!(
            error.to_string().contains(&settings.port.to_string()),
            "{error}"
        );
    }
}
