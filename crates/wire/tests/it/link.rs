//! Handshake, messages and farewells of links.

use axum::Router;
use axum::extract::ws::{Message as Raw, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use wire::link::{DialError, Limits, LinkEnd, PROTOCOL, SendError, accept, dial};
use wire::{Credential, ServerUrl};

use crate::ring::{Far, Near, Question, Reply, Ring, dial_app, echo, echoed};

#[tokio::test]
async fn messages_go_both_ways_in_order() {
    let (near, far) = Ring::new(Limits::FARM).link(Limits::FARM).await;
    let (ask, mut replies) = near.split();
    let (reply, mut asked) = far.split();
    let server = tokio::spawn(async move {
        for wanted in 0..2000 {
            match asked.recv().await.unwrap() {
                Question::Double { number } => {
                    assert_eq!(number, wanted);
                    reply.send(&Reply::Doubled { number: 2 * number }).unwrap();
                }
                Question::Echo { .. } => panic!("nothing was to be echoed"),
            }
        }
        (reply, asked)
    });
    for number in 0..2000 {
        ask.send(&Question::Double { number }).unwrap();
    }
    for number in 0..2000 {
        assert_eq!(replies.recv().await.unwrap(), Reply::Doubled { number: 2 * number });
    }
    server.await.unwrap();
}

#[tokio::test]
async fn what_is_put_goes_out_together_and_is_received_together() {
    let mut ring = Ring::new(Limits::FARM);
    let mut near = raw(&ring, PROTOCOL).await.unwrap();
    let (reply, mut asked) = ring.accepted().await.split();
    for number in 0..3 {
        reply.put(&Reply::Doubled { number }).unwrap();
    }
    reply.flush();
    let text = near.next().await.unwrap().unwrap().into_text().unwrap();
    let one = |number| format!(r#"{{"type":"doubled","number":{number}}}"#);
    assert_eq!(text.as_str(), format!("[{},{},{}]", one(0), one(1), one(2)));
    reply.send(&Reply::Doubled { number: 3 }).unwrap();
    assert_eq!(near.next().await.unwrap().unwrap().into_text().unwrap().as_str(), one(3));

    let question = |number| format!(r#"{{"type":"double","number":{number}}}"#);
    let mut received = Vec::new();
    for text in [format!("[{},{{}},{}]", question(1), question(2)), "[]".to_owned(), question(3)] {
        near.send(Message::text(text)).await.unwrap();
    }
    while received.len() < 3 {
        asked.recv_many(&mut received).await.unwrap();
    }
    assert_eq!(received, [1, 2, 3].map(|number| Question::Double { number }));
    assert_eq!(asked.left_out(), 1);
}

#[tokio::test]
async fn a_link_without_a_task_goes_on_while_its_receiver_is_waited_with() {
    let (near, far) = Ring::new(Limits::FARM).link(Limits::FARM).await;
    let (ask, mut replies) = near.split();
    let (reply, mut asked) = far.split_without_task();
    ask.send(&echo("one")).unwrap();
    assert_eq!(asked.recv().await.unwrap(), echo("one"));
    reply.send(&echoed("one")).unwrap();
    assert_eq!(asked.meanwhile(replies.recv()).await.unwrap(), echoed("one"));
    // What arrives meanwhile is kept, and whoever goes says so.
    ask.send(&echo("two")).unwrap();
    reply.send(&echoed("two")).unwrap();
    assert_eq!(asked.meanwhile(replies.recv()).await.unwrap(), echoed("two"));
    assert_eq!(asked.recv().await.unwrap(), echo("two"));
    reply.send(&echoed("last")).unwrap();
    drop(asked);
    assert_eq!(replies.recv().await.unwrap(), echoed("last"));
    assert!(matches!(replies.recv().await, Err(LinkEnd::Closed { why: Some(_) })));
}

#[tokio::test]
async fn what_arrived_before_the_end_is_received_before_it() {
    let mut ring = Ring::new(Limits::FARM);
    let mut near = raw(&ring, PROTOCOL).await.unwrap();
    let (_reply, mut asked) = ring.accepted().await.split();
    near.send(Message::text(r#"{"type":"double","number":1}"#)).await.unwrap();
    near.send(Message::text("[")).await.unwrap();
    let mut received = Vec::new();
    let end = loop {
        if let Err(end) = asked.recv_many(&mut received).await {
            break end;
        }
    };
    assert_eq!(received, [Question::Double { number: 1 }]);
    assert!(matches!(end, LinkEnd::Garbled { .. }), "{end}");
    assert_eq!(end.fault(), Some("garbled"));
}

#[tokio::test]
async fn a_message_many_times_the_size_of_every_buffer_arrives_whole() {
    let (near, far) = Ring::new(Limits::FARM).link(Limits::FARM).await;
    let (ask, _replies) = near.split();
    let (_reply, mut asked) = far.split();
    let text = "größer ".repeat(500_000);
    ask.send(&echo(text.clone())).unwrap();
    assert_eq!(asked.recv().await.unwrap(), echo(text));
}

#[tokio::test]
async fn each_end_can_close_and_say_why_after_all_it_had_to_say() {
    let (near, far) = Ring::new(Limits::FARM).link(Limits::FARM).await;
    let (ask, mut replies) = near.split();
    let (_reply, mut asked) = far.split();
    ask.send(&echo("last words")).unwrap();
    ask.close("I have seen enough");
    assert_eq!(asked.recv().await.unwrap(), echo("last words"));
    let end = asked.recv().await.unwrap_err();
    assert_eq!(end.to_string(), "the other end closed the link: I have seen enough");
    assert!(matches!(replies.recv().await, Err(LinkEnd::ClosedHere)));
    assert!(matches!(replies.recv().await, Err(LinkEnd::Over)));

    let (near, far) = Ring::new(Limits::FARM).link(Limits::FARM).await;
    let (_ask, mut replies) = near.split();
    let (reply, mut asked) = far.split();
    reply.send(&echoed("not you again")).unwrap();
    reply.close("ü".repeat(100));
    assert_eq!(replies.recv().await.unwrap(), echoed("not you again"));
    match replies.recv().await {
        Err(LinkEnd::Closed { why: Some(why) }) => assert_eq!(why, "ü".repeat(61), "as much as fits"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(asked.recv().await, Err(LinkEnd::ClosedHere)));
}

#[tokio::test]
async fn a_link_ends_when_either_half_of_either_end_is_dropped() {
    let (near, far) = Ring::new(Limits::FARM).link(Limits::FARM).await;
    let (ask, mut replies) = near.split();
    let (_reply, mut asked) = far.split();
    ask.clone().send(&echo("one")).unwrap();
    drop(ask);
    assert_eq!(asked.recv().await.unwrap(), echo("one"));
    assert!(matches!(asked.recv().await, Err(LinkEnd::Closed { why: None })));
    assert!(matches!(replies.recv().await, Err(LinkEnd::ClosedHere)));

    let (near, far) = Ring::new(Limits::FARM).link(Limits::FARM).await;
    let (ask, mut replies) = near.split();
    let (_reply, asked) = far.split();
    drop(asked);
    assert!(matches!(replies.recv().await, Err(LinkEnd::Closed { why: Some(_) })));
    while ask.send(&echo("anyone?")).is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(matches!(ask.send(&echo("no")), Err(SendError::Ended)));
}

#[tokio::test]
async fn a_link_over_tcp_is_the_same() {
    let app = Router::new().route(
        "/link",
        any(|upgrade: WebSocketUpgrade| async {
            accept(upgrade, Limits::HOST, |link: Far| async {
                let (reply, mut asked) = link.split();
                while let Ok(Question::Echo { text }) = asked.recv().await {
                    reply.send(&Reply::Echoed { text }).unwrap();
                }
            })
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = ServerUrl::at(listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let near: Near = dial(&url, "/link", Limits::HOST, &Credential::default()).await.unwrap();
    let (ask, mut replies) = near.split();
    ask.send(&echo("hello")).unwrap();
    assert_eq!(replies.recv().await.unwrap(), echoed("hello"));
}

#[tokio::test]
async fn nobody_there_is_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = ServerUrl::at(listener.local_addr().unwrap());
    drop(listener);
    let error =
        dial::<Question, Reply>(&url, "/link", Limits::HOST, &Credential::default()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot reach {url}"));
    assert!(matches!(error, DialError::Unreachable { .. }));
}

/// A WebSocket that keeps none of our rules.
async fn raw(ring: &Ring, offered: &str) -> Result<WebSocketStream<tokio::io::DuplexStream>, Error> {
    let uri = "ws://farm.example/link".parse().unwrap();
    let request = ClientRequestBuilder::new(uri).with_sub_protocol(offered);
    client_async(request, ring.stream()).await.map(|(socket, _)| socket)
}

#[tokio::test]
async fn another_version_that_dials_is_refused_in_words() {
    let error = raw(&Ring::new(Limits::FARM), "framefarm.1").await.unwrap_err();
    let Error::Http(response) = error else { panic!("{error}") };
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let body = String::from_utf8(response.into_body().unwrap()).unwrap();
    assert!(body.contains("links of this server speak framefarm.2, and framefarm.1 was offered"), "{body}");
}

#[tokio::test]
async fn another_version_that_is_dialled_is_understood() {
    let refusal = r#"{"status":400,"title":"links of this server speak framefarm.9","hint":"upgrade"}"#;
    let app = Router::new().route("/link", any(move || async move { (StatusCode::BAD_REQUEST, refusal) }));
    match dial_app(app).await.unwrap_err() {
        DialError::Refused { why, hint, .. } => {
            assert_eq!(why, "links of this server speak framefarm.9");
            assert_eq!(hint.as_deref(), Some("upgrade"));
        }
        other => panic!("{other:?}"),
    }
    let careless = any(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(|_| async {}) });
    let error = dial_app(Router::new().route("/link", careless)).await.unwrap_err();
    assert!(matches!(error, DialError::Protocol { .. }), "{error}");
    let error = dial_app(Router::new()).await.unwrap_err();
    assert!(error.to_string().ends_with("it answers 404 Not Found"), "{error}");
}

#[tokio::test]
async fn a_newer_dialler_may_say_more_and_nobody_may_say_nonsense() {
    let mut ring = Ring::new(Limits::FARM);
    let mut near = raw(&ring, PROTOCOL).await.unwrap();
    let (_reply, mut asked) = ring.accepted().await.split();
    near.send(Message::text(r#"{"type":"triple","number":1}"#)).await.unwrap();
    near.send(Message::text(r#"{"type":"double"}"#)).await.unwrap();
    near.send(Message::text("[7]")).await.unwrap();
    near.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    near.send(Message::text(r#"{"type":"double","number":1,"colour":"red"}"#)).await.unwrap();
    assert_eq!(asked.recv().await.unwrap(), Question::Double { number: 1 });
    near.send(Message::text("hello?")).await.unwrap();
    assert!(matches!(asked.recv().await, Err(LinkEnd::Garbled { .. })));
    match near.next().await.unwrap().unwrap() {
        Message::Close(Some(close)) => assert_eq!(close.reason.as_str(), "what you send is not JSON"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_same_holds_for_who_is_dialled() {
    let app = any(|upgrade: WebSocketUpgrade| async {
        upgrade.protocols([PROTOCOL]).on_upgrade(|mut socket| async move {
            for text in [r#"{"type":"unheard_of"}"#, r#"{"type":"doubled","number":4}"#, "{"] {
                socket.send(Raw::Text(text.into())).await.unwrap();
            }
            while socket.recv().await.is_some() {}
        })
    });
    let (_ask, mut replies) = dial_app(Router::new().route("/link", app)).await.unwrap().split();
    assert_eq!(replies.recv().await.unwrap(), Reply::Doubled { number: 4 });
    assert!(matches!(replies.recv().await, Err(LinkEnd::Garbled { .. })));
}

#[tokio::test]
async fn a_broken_frame_ends_the_link() {
    use tokio::io::AsyncWriteExt;

    let mut ring = Ring::new(Limits::FARM);
    let near = raw(&ring, PROTOCOL).await.unwrap();
    let (_reply, mut asked) = ring.accepted().await.split();
    let mut stream = near.into_inner();
    stream.write_all(&[0xff; 64]).await.unwrap();
    assert!(matches!(asked.recv().await, Err(LinkEnd::Garbled { .. })));
}

#[tokio::test]
async fn a_connection_that_is_cut_is_lost() {
    let mut ring = Ring::new(Limits::FARM);
    let near = raw(&ring, PROTOCOL).await.unwrap();
    let (reply, mut asked) = ring.accepted().await.split();
    drop(near);
    let end = asked.recv().await.unwrap_err();
    assert!(matches!(end, LinkEnd::Lost { .. }), "{end:?}");
    assert!(matches!(reply.send(&echoed("gone")), Err(SendError::Ended)));
}
