//! What links put up with: size, silence and slowness. Time stands still here until everyone waits.

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message as Raw, WebSocketUpgrade};
use axum::routing::any;
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use wire::Credential;
use wire::link::{Limits, LinkEnd, PROTOCOL, SendError, dial_over};

use crate::ring::{Question, Reply, Ring, dial_app, echo, echoed, somewhere};

const SMALL: Limits = Limits { message_bytes: 1000, queue_bytes: 4000, ..Limits::FARM };
const LARGE: Limits = Limits { message_bytes: 100_000, queue_bytes: 400_000, ..Limits::FARM };

#[tokio::test]
async fn a_message_too_large_is_not_sent_and_the_link_goes_on() {
    let (near, far) = Ring::new(SMALL).link(SMALL).await;
    let (ask, _replies) = near.split();
    let (_reply, mut asked) = far.split();
    let error = ask.send(&echo("x".repeat(1000))).unwrap_err();
    assert!(matches!(error, SendError::TooLarge { bytes: 1024.., limit: 1000 }), "{error:?}");
    ask.send(&echo("short")).unwrap();
    assert_eq!(asked.recv().await.unwrap(), echo("short"));
}

#[tokio::test]
async fn a_message_too_large_that_arrives_ends_the_link_at_either_end() {
    let (near, far) = Ring::new(SMALL).link(LARGE).await;
    let (ask, mut replies) = near.split();
    let (_reply, mut asked) = far.split();
    ask.send(&echo("x".repeat(5000))).unwrap();
    let end = asked.recv().await.unwrap_err();
    assert_eq!(end.to_string(), "the other end sent a message larger than 1000 bytes");
    assert!(replies.recv().await.is_err());

    let (near, far) = Ring::new(LARGE).link(SMALL).await;
    let (_ask, mut replies) = near.split();
    let (reply, _asked) = far.split();
    reply.send(&echoed("x".repeat(5000))).unwrap();
    assert!(matches!(replies.recv().await, Err(LinkEnd::TooLarge { limit: 1000 })));
}

#[tokio::test(start_paused = true)]
async fn a_link_with_nothing_to_say_stays_for_hours() {
    let (near, far) = Ring::new(Limits::FARM).link(Limits::FARM).await;
    let (ask, _replies) = near.split();
    let (_reply, mut asked) = far.split();
    sleep(Duration::from_secs(3 * 3600)).await;
    ask.send(&echo("still there?")).unwrap();
    assert_eq!(asked.recv().await.unwrap(), echo("still there?"));
}

/// What a dialler that hears or says something every second sends on its own in an hour.
async fn pings_in_an_hour(far_says: bool, near_says: bool) -> usize {
    let app = any(move |upgrade: WebSocketUpgrade| async move {
        upgrade.protocols([PROTOCOL]).on_upgrade(move |mut socket| async move {
            let mut pings = 0;
            let until = Instant::now() + Duration::from_secs(3600);
            let mut second = tokio::time::interval(Duration::from_secs(1));
            while Instant::now() < until {
                tokio::select! {
                    message = socket.recv() => match message {
                        Some(Ok(Raw::Ping(_))) => pings += 1,
                        Some(Ok(_)) => {}
                        _ => return,
                    },
                    _ = second.tick(), if far_says => {
                        socket.send(Raw::Text(r#"{"type":"doubled","number":1}"#.into())).await.unwrap();
                    }
                }
            }
            socket
                .send(Raw::Text(format!(r#"{{"type":"doubled","number":{}}}"#, 1000 + pings).into()))
                .await
                .unwrap();
            // Whoever goes without leave takes back what he said last.
            while let Some(Ok(_)) = socket.recv().await {}
        })
    });
    let (ask, mut replies) = dial_app(Router::new().route("/link", app)).await.unwrap().split();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            reply = replies.recv() => match reply.unwrap() {
                Reply::Doubled { number } if number >= 1000 => return number as usize - 1000,
                _ => {}
            },
            _ = second.tick(), if near_says => ask.send(&echo("still here")).unwrap(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pings_are_for_links_that_are_quiet_in_one_direction() {
    assert_eq!(pings_in_an_hour(true, true).await, 0);
    for (far, near) in [(false, false), (true, false), (false, true)] {
        let pings = pings_in_an_hour(far, near).await;
        assert!((400..=720).contains(&pings), "{pings} where {far} {near}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dialler_that_falls_silent_is_noticed() {
    let mut ring = Ring::new(Limits::FARM);
    let request = ClientRequestBuilder::new("ws://farm.example/link".parse().unwrap());
    let (near, _) = client_async(request.with_sub_protocol(PROTOCOL), ring.stream()).await.unwrap();
    let (_reply, mut asked) = ring.accepted().await.split();
    let began = Instant::now();
    assert!(matches!(asked.recv().await, Err(LinkEnd::Silent { .. })));
    assert_eq!(began.elapsed().as_secs(), 15);
    drop(near);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_is_noticed() {
    // A handshake by a real server, whose stream is then held by nobody who answers.
    let mut ring = Ring::new(Limits::FARM);
    let (near, mut far) = tokio::io::duplex(65_536);
    let mut server = ring.stream();
    let relay = tokio::spawn(async move {
        let mut bytes = [0; 4096];
        let length = far.read(&mut bytes).await.unwrap();
        server.write_all(&bytes[..length]).await.unwrap();
        let length = server.read(&mut bytes).await.unwrap();
        far.write_all(&bytes[..length]).await.unwrap();
        std::future::pending::<()>().await;
        drop((far, server));
    });
    let near =
        dial_over::<Question, Reply, _>(near, &somewhere(), "/link", Limits::FARM, &Credential::default())
            .await
            .unwrap();
    let _far = ring.accepted().await;
    let (_ask, mut replies) = near.split();
    let began = Instant::now();
    let end = replies.recv().await.unwrap_err();
    assert_eq!(end.to_string(), "nothing was heard from the other end for 15 s");
    assert_eq!(began.elapsed().as_secs(), 15);
    relay.abort();
}

#[tokio::test(start_paused = true)]
async fn an_end_that_reads_nothing_is_cut_off_when_too_much_waits_for_it() {
    let mut ring = Ring::new(LARGE);
    let request = ClientRequestBuilder::new("ws://farm.example/link".parse().unwrap());
    let (_near, _) = client_async(request.with_sub_protocol(PROTOCOL), ring.stream()).await.unwrap();
    let (reply, mut asked) = ring.accepted().await.split();
    let mut sent = 0;
    let error = loop {
        match reply.send(&echoed("x".repeat(1000))) {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
        tokio::task::yield_now().await;
    };
    assert!(matches!(error, SendError::Full { limit: 400_000 }), "{error:?}");
    assert!((300..500).contains(&sent), "{sent} messages were taken");
    assert!(matches!(asked.recv().await, Err(LinkEnd::Full { limit: 400_000 })));
    assert!(matches!(reply.send(&echoed("one more")), Err(SendError::Full { .. } | SendError::Ended)));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_pings_and_reads_nothing_is_stuck() {
    let mut ring = Ring::new(LARGE);
    let request = ClientRequestBuilder::new("ws://farm.example/link".parse().unwrap());
    let (near, _) = client_async(request.with_sub_protocol(PROTOCOL), ring.stream()).await.unwrap();
    let mut stream = near.into_inner();
    let pings = tokio::spawn(async move {
        // A masked ping without content, written by hand: the crate would read as well.
        while stream.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await.is_ok() {
            sleep(Duration::from_secs(5)).await;
        }
    });
    let (reply, mut asked) = ring.accepted().await.split();
    for _ in 0..100 {
        reply.send(&echoed("x".repeat(1000))).unwrap();
    }
    let end = asked.recv().await.unwrap_err();
    assert_eq!(end.to_string(), "the other end took nothing for 15 s");
    pings.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_farewell_that_is_not_returned_is_not_waited_for_long() {
    let mut ring = Ring::new(Limits::FARM);
    let request = ClientRequestBuilder::new("ws://farm.example/link".parse().unwrap());
    let (mut near, _) = client_async(request.with_sub_protocol(PROTOCOL), ring.stream()).await.unwrap();
    let (reply, mut asked) = ring.accepted().await.split();
    let began = Instant::now();
    reply.close("enough");
    assert!(matches!(asked.recv().await, Err(LinkEnd::ClosedHere)));
    assert_eq!(began.elapsed(), Limits::FARM.farewell);
    assert!(near.next().await.unwrap().unwrap().is_close());
}

#[tokio::test(start_paused = true)]
async fn a_busy_owner_is_no_silence_and_nothing_is_lost() {
    let (near, far) = Ring::new(LARGE).link(LARGE).await;
    let (ask, mut replies) = near.split();
    let (reply, mut asked) = far.split();
    for number in 0..2000 {
        ask.send(&Question::Double { number }).unwrap();
    }
    sleep(Duration::from_secs(600)).await;
    for wanted in 0..2000 {
        assert_eq!(asked.recv().await.unwrap(), Question::Double { number: wanted });
    }
    reply.send(&echoed("done")).unwrap();
    assert_eq!(replies.recv().await.unwrap(), echoed("done"));
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_never_listens_holds_only_so_much() {
    let (near, far) = Ring::new(LARGE).link(LARGE).await;
    let (ask, mut replies) = near.split();
    let (_reply, mut asked) = far.split();
    let mut sent = 0;
    while ask.send(&echo("x".repeat(1000))).is_ok() {
        sent += 1;
        sleep(Duration::from_millis(10)).await;
    }
    assert!(replies.recv().await.is_err());
    assert!((700..1000).contains(&sent), "{sent} messages were taken: two queues of 400,000 bytes hold 730");
    let mut received = 0;
    while asked.recv().await.is_ok() {
        received += 1;
    }
    assert!((300..500).contains(&received), "{received}");
}
