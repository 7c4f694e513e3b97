//! Starting and stopping the servers that listen: the doors by which people order it, which stay while a
//! server is stopped. The process of the schedule server passes on what is meant for a resource server
//! elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use ::access::Verb;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{ServerOrder, ServerState, ServerVerb, ServerView};
use tokio::sync::{mpsc, watch};
use wire::client::ClientError;
use wire::{Client, Service};

use crate::Settings;
use crate::access::Doors;
use crate::error_chain;
use crate::problem::Refused;
use crate::proof::Proofs;
use crate::roles::Roles;
use crate::whereabouts::Whereabouts;

/// Those that can be ordered.
const ORDERED: [Service; 2] = [Service::Schedule, Service::Resource];
/// Orders that wait; more are refused.
const WAITING: usize = 16;
/// A server elsewhere is found and asked within this time, or counts as away.
const ELSEWHERE: Duration = Duration::from_secs(5);

/// Takes orders.
pub(crate) struct Control {
    desk: Desk,
    orders: mpsc::Receiver<(Service, ServerVerb)>,
    shown: watch::Sender<BTreeMap<Service, ServerView>>,
}

/// What is behind the doors. Cheap to clone.
#[derive(Clone)]
struct Desk {
    orders: mpsc::Sender<(Service, ServerVerb)>,
    own: watch::Receiver<BTreeMap<Service, ServerView>>,
    url: String,
    /// Where the resource server is, where it is not here.
    resource: Option<Whereabouts>,
    proofs: Proofs,
}

impl Control {
    pub(crate) fn new(
        settings: &Settings,
        url: Option<String>,
        resource: Whereabouts,
        proofs: Proofs,
    ) -> Self {
        let (sender, orders) = mpsc::channel(WAITING);
        let (shown, own) = watch::channel(BTreeMap::new());
        let has = |service| settings.services.contains(&service);
        let resource = (has(Service::Schedule) && !has(Service::Resource)).then_some(resource);
        let desk = Desk { orders: sender, own, url: url.unwrap_or_default(), resource, proofs };
        Self { desk, orders, shown }
    }

    /// The doors. Where who may is decided elsewhere, the schedule server asks on behalf of whom it has let
    /// in.
    pub(crate) fn doors(&self, at_home: bool) -> Doors {
        let (see, order) =
            if at_home { (Verb::SeeFarm, Verb::OrderServer) } else { (Verb::LinkMatch, Verb::LinkMatch) };
        Doors::new()
            .get("/api/v1/servers", see, servers)
            .post("/api/v1/servers/{server}/order", order, obey)
            .with_state(self.desk.clone())
    }

    /// Waits for an order.
    pub(crate) async fn ordered(&mut self) -> (Service, ServerVerb) {
        match self.orders.recv().await {
            Some(order) => order,
            None => std::future::pending().await,
        }
    }

    /// Shows what the servers of this process do.
    pub(crate) fn show(&self, roles: &Roles) {
        let view = |service: Service| {
            let view = ServerView {
                server: service.name().to_owned(),
                state: roles.state(service)?,
                url: self.desk.url.clone(),
                starts: roles.starts(service),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                note: String::new(),
            };
            Some((service, view))
        };
        self.shown.send_replace(ORDERED.into_iter().filter_map(view).collect());
    }
}

async fn servers(State(desk): State<Desk>) -> Json<Vec<ServerView>> {
    let mut views: Vec<ServerView> = desk.own.borrow().values().cloned().collect();
    if desk.resource.is_some() {
        views.push(desk.elsewhere().await);
    }
    Json(views)
}

async fn obey(
    State(desk): State<Desk>,
    Path(server): Path<String>,
    body: Result<Json<ServerOrder>, JsonRejection>,
) -> Result<Json<ServerView>, Refused> {
    let Json(ServerOrder { verb }) = body.map_err(|error| {
        let what = format!("this order cannot be understood: {}", error.body_text());
        Refused::new(error.status(), what).hint("send for example {\"verb\": \"stop\"}")
    })?;
    let service = ORDERED.into_iter().find(|service| service.name() == server);
    let unknown = || {
        Refused::new(StatusCode::NOT_FOUND, format!("there is no server {server:?} here"))
            .hint("those that can be ordered are schedule and resource; `framefarm host` is for render hosts")
    };
    let service = service.ok_or_else(unknown)?;
    let own = desk.own.borrow().get(&service).cloned();
    match own {
        Some(view) => {
            let busy = |_| Refused::new(StatusCode::SERVICE_UNAVAILABLE, "too many orders wait").come_back();
            desk.orders.try_send((service, verb)).map_err(busy)?;
            Ok(Json(view))
        }
        None if service == Service::Resource && desk.resource.is_some() => {
            desk.pass_on(verb).await.map(Json).map_err(|why| {
                Refused::new(StatusCode::BAD_GATEWAY, format!("the resource server cannot be told: {why}"))
                    .hint("its process has to run: `systemctl start framefarm-resource`, or `framefarm serve resource`")
            })
        }
        None => Err(unknown()),
    }
}

impl Desk {
    /// The resource server elsewhere, as its process says.
    async fn elsewhere(&self) -> ServerView {
        let asked = self.ask(async |client| client.servers().await).await;
        let found = asked.map(|views| views.into_iter().find(|view| view.server == Service::Resource.name()));
        match found {
            Ok(Some(view)) => view,
            Ok(None) => away("it does not say what it does".to_owned()),
            Err(why) => away(why),
        }
    }

    async fn pass_on(&self, verb: ServerVerb) -> Result<ServerView, String> {
        self.ask(async |client| client.order_server(Service::Resource.name(), verb).await).await
    }

    async fn ask<T>(&self, call: impl AsyncFnOnce(&Client) -> Result<T, ClientError>) -> Result<T, String> {
        let Some(resource) = &self.resource else { return Err("it is nowhere".to_owned()) };
        let asked = async {
            let url = resource.find().await.map_err(|error| error_chain(&error))?;
            let credential = self.proofs.credential(Service::Resource, &url).await;
            let credential = credential.map_err(|error| error_chain(&error))?;
            call(&Client::new(url, &credential)).await.map_err(|error| error_chain(&error))
        };
        tokio::time::timeout(ELSEWHERE, asked).await.unwrap_or_else(|_| Err("it is not found".to_owned()))
    }
}

fn away(note: String) -> ServerView {
    let server = Service::Resource.name().to_owned();
    let (url, version) = (String::new(), String::new());
    ServerView { server, state: ServerState::Away, url, starts: 0, version, note }
}
