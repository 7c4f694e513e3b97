//! Noise at the ports of a farm: whatever comes in there, the farm goes on serving.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::farm::Farm;
use super::until;

/// Connections that were opened and say nothing.
const HALF_OPEN: usize = 1000;

/// Bytes that look like nothing, the same each time.
fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

/// Lets this process open as many files as it may.
fn open_many_files() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

/// Noise that goes on beside the test until it is dropped.
struct Noise {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Noise {
    /// Each of `makers` makes noise over and over.
    fn new(makers: Vec<Box<dyn FnMut(u64) + Send>>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = makers.into_iter().map(|mut make| {
            let stop = stop.clone();
            std::thread::spawn(move || {
                let mut round = 0;
                while !stop.load(Ordering::Relaxed) {
                    make(round);
                    round += 1;
                }
            })
        });
        Self { threads: threads.collect(), stop }
    }
}

impl Drop for Noise {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Says `what` to the server at `at`, and does not mind what becomes of it.
fn say(at: &str, what: &[u8]) {
    let Ok(mut stream) = TcpStream::connect(at) else { return };
    let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
    let _ = stream.write_all(what);
    let _ = stream.read(&mut [0; 100]);
}

/// Random bytes, requests that never end, frames that are larger than the world.
fn makers(at: &str, discovery_port: u16) -> Vec<Box<dyn FnMut(u64) + Send>> {
    let (random, slow, huge) = (at.to_owned(), at.to_owned(), at.to_owned());
    let mut patient: Vec<TcpStream> = Vec::new();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_broadcast(true).unwrap();
    vec![
        Box::new(move |round| say(&random, &bytes(round, 3000))),
        Box::new(move |_| {
            // One byte of a header at a time, on more and more connections.
            if patient.len() < 50
                && let Ok(mut stream) = TcpStream::connect(&slow)
                && stream.write_all(b"GET /api/v1/farm HTTP/1.1\r\nHost: farm\r\nX: ").is_ok()
            {
                patient.push(stream);
            }
            patient.retain_mut(|stream| stream.write_all(b"x").is_ok());
            std::thread::sleep(Duration::from_millis(20));
        }),
        Box::new(move |round| {
            let long = format!("GET / HTTP/1.1\r\nHost: farm\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
            let body = "POST /api/v1/login HTTP/1.1\r\nHost: farm\r\nContent-Type: application/json\r\n\
                        Content-Length: 99999999999\r\n\r\n";
            // The head of a frame that claims to be as long as a frame can be.
            let upgrade = "GET /link/schedule HTTP/1.1\r\nHost: farm\r\nConnection: Upgrade\r\n\
                           Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                           Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\
                           \u{2}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}";
            let body = format!("{body}{}", " ".repeat(1 << 20));
            let what = [long.as_bytes(), body.as_bytes(), upgrade.as_bytes()];
            say(&huge, what[usize::try_from(round % 3).unwrap()]);
        }),
        Box::new(move |round| {
            let beginnings: [&[u8]; 3] =
                [b"", b"{\"framefarm\":2,", b"{\"framefarm\":2,\"type\":\"question\""];
            let length = usize::try_from(round * 37 % 2000).unwrap();
            let garbage = [beginnings[length % 3], &bytes(round, length)].concat();
            let _ = socket.send_to(&garbage, ("127.255.255.255", discovery_port));
            std::thread::sleep(Duration::from_micros(200));
        }),
    ]
}

/// A farm that is started with `more`, its port, and that of its discovery, which no other farm has.
fn farm(more: &[&str]) -> (Farm, String, u16) {
    let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut farm = Farm::new();
    farm.set("FRAMEFARM_DISCOVERY_PORT", &free.to_string());
    farm.start("up", &[&["up", "--port", "0", "--slots", "1"], more].concat());
    let port = farm.url("up").rsplit(':').next().unwrap().to_owned();
    (farm, format!("127.0.0.1:{port}"), free)
}

#[track_caller]
fn serves_in_spite_of_noise(more: &[&str]) {
    open_many_files();
    let (mut farm, at, discovery_port) = farm(more);
    let mut silent: Vec<TcpStream> = (0..HALF_OPEN).map(|_| TcpStream::connect(&at).unwrap()).collect();
    let noise = Noise::new(makers(&at, discovery_port));
    for name in ["one", "two", "three"] {
        let id = farm.submit_script(name, "1-3", &[], "echo {frame} > {output}");
        farm.until_done(&id);
    }
    drop(noise);
    // Who says nothing does not keep his connection.
    for stream in &mut silent {
        stream.set_nonblocking(true).unwrap();
    }
    until("connections that say nothing are closed", || {
        silent.retain_mut(|stream| match stream.read(&mut [0; 100]) {
            Ok(0) => false,
            Ok(_) => true,
            Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
        });
        silent.is_empty().then_some(())
    });
    assert_eq!(farm.ended("up"), None, "it has not ended by itself");
    assert!(farm.terminate("up").success());
}

#[test]
fn a_farm_serves_in_spite_of_noise_at_its_ports() {
    serves_in_spite_of_noise(&[]);
}

#[test]
fn a_farm_that_speaks_tls_serves_in_spite_of_noise_at_its_ports() {
    serves_in_spite_of_noise(&["--lan"]);
}
