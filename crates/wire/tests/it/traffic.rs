//! A measurement: what a thousand hosts that lost their server send. Run by hand:
//! `cargo test -p framefarm-wire --release -- --ignored --nocapture what_a_thousand_askers_send`.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use wire::discovery::{DiscoveryConfig, Service, survey};

const ASKERS: usize = 1000;
const SECONDS: u64 = 120;

/// Counts the datagrams at the discovery port, and their bytes.
fn count(port: u16) -> Arc<[AtomicU64; 2]> {
    let counted = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.set_recv_buffer_size(16 << 20).unwrap();
    let at = SocketAddr::from((Ipv4Addr::new(127, 255, 255, 255), port));
    socket.bind(&at.into()).unwrap();
    let (socket, sums) = (UdpSocket::from(socket), counted.clone());
    std::thread::spawn(move || {
        let mut bytes = [0; 2000];
        while let Ok(length) = socket.recv(&mut bytes) {
            sums[0].fetch_add(1, Ordering::Relaxed);
            sums[1].fetch_add(length as u64, Ordering::Relaxed);
        }
    });
    counted
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement of two minutes"]
async fn what_a_thousand_askers_send() {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = DiscoveryConfig::loopback("nobody", port);
    let counted = count(port);
    let askers: Vec<_> = (0..ASKERS)
        .map(|_| {
            let config = config.clone();
            let time = Duration::from_secs(SECONDS);
            tokio::spawn(async move { survey(&config, Service::Schedule, time).await })
        })
        .collect();
    for minute in 1..=SECONDS / 60 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        let [datagrams, bytes] = [&counted[0], &counted[1]].map(|sum| sum.swap(0, Ordering::Relaxed));
        println!("minute {minute}: {datagrams} questions on one interface by one way, {bytes} bytes");
        assert!(datagrams > 0, "they ask");
    }
    for asker in askers {
        assert_eq!(asker.await.unwrap().unwrap(), []);
    }
}
