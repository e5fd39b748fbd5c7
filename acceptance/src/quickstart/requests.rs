//! Requests to an app that really runs: one to show, and a loop of them while it is changed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, ensure};

/// Long enough for any answer; what hangs is a failure.
const PATIENCE: Duration = Duration::from_secs(10);
/// Hundreds of requests a second: every moment of a rollout is seen, and the processor is left to the rollout.
const PAUSE: Duration = Duration::from_millis(3);

/// The body of `GET url`, over a connection of its own.
///
/// # Errors
/// When there is no whole answer with status 200.
pub fn get(url: &str) -> anyhow::Result<String> {
    let address = url.trim().strip_prefix("http://").context("only http:// is asked")?.trim_end_matches('/');
    let mut stream = TcpStream::connect(address).context("no connection")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").context("no request")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("the answer breaks off")?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "the answer is {}", head.lines().next().unwrap_or_default());
    Ok(body.trim().to_owned())
}

/// A loop of requests in the background.
pub struct Requests {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Count>,
}

/// What became of them.
#[derive(Debug, Default)]
pub struct Count {
    /// Answers.
    pub answered: usize,
    /// Why the others had none.
    pub failures: Vec<String>,
    /// The last answer.
    pub last: String,
}

impl Requests {
    /// Begins.
    #[must_use]
    pub fn start(url: &str) -> Self {
        let (stop, url) = (Arc::new(AtomicBool::new(false)), url.to_owned());
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut count = Count::default();
            while !stopped.load(Ordering::Relaxed) {
                match get(&url) {
                    Ok(answer) => {
                        count.answered += 1;
                        count.last = answer;
                    }
                    Err(error) => count.failures.push(format!("{error:#}")),
                }
                std::thread::sleep(PAUSE);
            }
            count
        });
        Self { stop, thread }
    }

    /// Ends, and says what became of them.
    ///
    /// # Errors
    /// When the loop itself failed.
    pub fn end(self) -> anyhow::Result<Count> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow::anyhow!("the loop of requests has panicked"))
    }
}
