//! A client that keeps many connections busy, on one thread.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// Sends all requests over so many connections, one at a time on each; answers how long all took and each, sorted.
///
/// Every answer must be a 200 whose body has `expected` in it.
pub fn drive(
    to: SocketAddr,
    requests: Vec<Vec<u8>>,
    connections: usize,
    expected: &'static str,
) -> (Duration, Vec<Duration>) {
    let client = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async move {
            let mut shares: Vec<Vec<Vec<u8>>> = (0..connections).map(|_| Vec::new()).collect();
            for (at, request) in requests.into_iter().enumerate() {
                shares.get_mut(at % connections).unwrap().push(request);
            }
            let mut streams = Vec::new();
            for share in shares {
                let stream = TcpStream::connect(to).await.unwrap();
                stream.set_nodelay(true).unwrap();
                streams.push((stream, share));
            }
            let start = Instant::now();
            let tasks: Vec<_> = streams
                .into_iter()
                .map(|(stream, share)| tokio::task::spawn_local(ask(stream, share, expected)))
                .collect();
            let mut times = Vec::new();
            for task in tasks {
                times.extend(task.await.unwrap());
            }
            let whole = start.elapsed();
            times.sort_unstable();
            (whole, times)
        })
    });
    client.join().unwrap()
}

async fn ask(mut stream: TcpStream, requests: Vec<Vec<u8>>, expected: &'static str) -> Vec<Duration> {
    let (mut times, mut answer) = (Vec::with_capacity(requests.len()), Vec::with_capacity(16 << 10));
    for request in requests {
        let start = Instant::now();
        stream.write_all(&request).await.unwrap();
        answer.clear();
        while !is_whole(&answer) {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "the server hung up");
        }
        times.push(start.elapsed());
        let good = answer.starts_with(b"HTTP/1.1 200")
            && memchr::memmem::find(&answer, expected.as_bytes()).is_some();
        assert!(good, "{}", String::from_utf8_lossy(&answer));
    }
    times
}

/// Whether an answer with a length is there in full.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = memchr::memmem::find(answer, b"\r\n\r\n") else { return false };
    let head = std::str::from_utf8(answer.get(..end).unwrap()).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.unwrap().parse().unwrap();
    answer.len() >= end + 4 + length
}
