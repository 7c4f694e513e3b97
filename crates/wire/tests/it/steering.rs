//! The calls that steer the farm ask for what the API names.

use axum::response::Response;
use model::{JobId, LimitView, PathRule, PathRules, ShareView, WaitingReason, WhyView};

use super::calls::{plain, served};

fn json(value: &impl serde::Serialize) -> Response {
    plain(200, "application/json", serde_json::to_vec(value).unwrap())
}

#[tokio::test]
async fn limits_shares_and_hosts_set_aside_have_their_places() {
    let limit = LimitView { name: "vray".to_owned(), amount: Some(2), per_host: None, in_use: 1 };
    let share = ShareView { name: "film/a".to_owned(), weight: 3, slots: 0 };
    let why = WhyView {
        step: "render".to_owned(),
        frames_waiting: 3,
        reason: WaitingReason::Held,
        sentence: "on hold until it is released".to_owned(),
    };
    let rule = PathRule { linux: Some("/a".to_owned()), windows: Some("P:".to_owned()), macos: None };
    let rules = PathRules([("film/a".to_owned(), rule.clone())].into());
    let sent_rules = rules.clone();
    let (sent_limit, sent_share, sent_why) = (limit.clone(), share.clone(), why.clone());
    let (client, asked) = served(move |path, body| match path {
        "/api/v1/jobs/1/why" => json(&[&sent_why]),
        "/api/v1/limits" => json(&[&sent_limit]),
        "/api/v1/limits/vray" if !body.is_empty() => json(&sent_limit),
        "/api/v1/shares" => json(&[&sent_share]),
        "/api/v1/shares/film%2Fa" => json(&sent_share),
        "/api/v1/set-aside" => plain(200, "application/json", "[]"),
        "/api/v1/paths" => json(&sent_rules),
        "/api/v1/paths/film%2Fa" if !body.is_empty() => json(&sent_rules),
        "/api/v1/limits/vray" | "/api/v1/paths/film%2Fa" | "/api/v1/set-aside/h%201" => {
            plain(204, "text/plain", "")
        }
        other => panic!("{other}"),
    })
    .await;
    assert_eq!(client.why(JobId(1)).await.unwrap(), [why]);
    assert_eq!(client.limits().await.unwrap(), std::slice::from_ref(&limit));
    assert_eq!(client.set_limit("vray", Some(2), None).await.unwrap(), limit);
    client.remove_limit("vray").await.unwrap();
    assert_eq!(client.shares().await.unwrap(), std::slice::from_ref(&share));
    assert_eq!(client.set_share("film/a", 3).await.unwrap(), share);
    assert_eq!(client.paths().await.unwrap(), rules);
    assert_eq!(client.set_path("film/a", &rule).await.unwrap(), rules);
    client.remove_path("film/a").await.unwrap();
    assert_eq!(client.set_aside().await.unwrap(), []);
    client.forgive("h 1").await.unwrap();
    let wanted = [
        "GET /api/v1/jobs/1/why",
        "GET /api/v1/limits",
        "PUT /api/v1/limits/vray {\"amount\":2,\"per_host\":null}",
        "DELETE /api/v1/limits/vray",
        "GET /api/v1/shares",
        "PUT /api/v1/shares/film%2Fa {\"weight\":3}",
        "GET /api/v1/paths",
        "PUT /api/v1/paths/film%2Fa {\"linux\":\"/a\",\"windows\":\"P:\"}",
        "DELETE /api/v1/paths/film%2Fa",
        "GET /api/v1/set-aside",
        "DELETE /api/v1/set-aside/h%201",
    ];
    assert_eq!(*asked.lock().unwrap(), wanted);
}

#[tokio::test]
async fn a_job_is_retried_and_given_another_priority() {
    let (client, asked) =
        served(|_, _| plain(409, "application/problem+json", r#"{"status":409,"title":"no"}"#)).await;
    assert!(client.retry(JobId(3)).await.is_err());
    assert!(client.set_priority(JobId(3), -1).await.is_err());
    let wanted = ["POST /api/v1/jobs/3/retry", "POST /api/v1/jobs/3/priority {\"priority\":-1}"];
    assert_eq!(*asked.lock().unwrap(), wanted);
}
