//! The guard before every door: who sends a request, whether he may, and a note of what he did.
//!
//! A request that proves nothing reaches the few open doors. At all others, and where no door is, it is
//! answered alike, so that a stranger learns nothing of what there is.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use ::access::{Actor, Book, Deed, Denied, Event, OWNER, Object, Verb, allow};
use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use model::{AddressInfo, Digest, HostId, JobId, MemberState, MemberView};
use tokio::sync::watch;

use super::answers::Asked;
use super::doors::{Door, Table, Whose};
use super::peer::{Origin, Peer};
use super::repeats::{self, First, Repeats};
use super::{AccessHandle, Published, proof};
use crate::clock;
use crate::problem::{Refused, Said};
use crate::schedule_server::ScheduleHandle;

/// The number of no token: that of the servers in this process.
const PROCESS: u64 = 0;
/// The longest name of an object in the trail.
const OBJECT_MAX: usize = 200;
/// The use of a token is noted where the last use that is known was so long ago.
const USED_MS: u64 = 60 * 60 * 1000;

/// The guard of a server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Guard(Arc<Inner>);

struct Inner {
    proofs: Proofs,
    /// Who keeps the trail of deeds.
    trail: Option<AccessHandle>,
    /// Who knows whose a job is, while a schedule server runs.
    jobs: RwLock<Option<ScheduleHandle>>,
    /// Answers to what may come again.
    repeats: Repeats,
}

/// What good proofs are.
enum Proofs {
    /// What the access role says, and the secret of the servers in its own process.
    Book { book: Published, process: Digest },
    /// What a server knows that is not where the access role is: the token of its own account, and which of
    /// the certificates are not good any more.
    Account { token: watch::Receiver<Option<Digest>>, revoked: watch::Receiver<BTreeSet<String>> },
}

/// Who was let in, for what is behind the door.
#[derive(Clone)]
pub(crate) struct Pass {
    /// Who.
    pub(crate) actor: Actor,
    /// Where he came from.
    pub(crate) origin: Origin,
    guard: Guard,
}

impl Pass {
    /// What the owner has, for tests of what is behind doors.
    #[cfg(test)]
    pub(crate) fn of_owner() -> Self {
        let guard = Guard::of_account(watch::channel(None).1, watch::channel(BTreeSet::new()).1);
        Self { actor: Actor::Owner { token: PROCESS }, origin: Origin::default(), guard }
    }

    /// Whether he may do something to what is behind the door, which only that knows.
    pub(crate) fn allows(&self, verb: Verb, object: Object<'_>) -> Result<(), Refused> {
        allow(&self.actor, verb, object).map_err(|denied| denial(&denied))
    }

    /// Returns once he would not be let in any more, who was by a token. Who was by a certificate has his
    /// connection cut.
    async fn ended(self) {
        if let Proofs::Book { book, .. } = &self.guard.0.proofs {
            let mut book = book.clone();
            let is_out = |book: &Arc<Book>| !book.knows(&self.actor);
            let by_token = matches!(self.actor, Actor::Person { .. });
            if by_token && book.wait_for(is_out).await.is_ok() {
                return;
            }
        }
        std::future::pending().await
    }

    /// The servers that ask to join, where that is known.
    pub(crate) async fn asking(&self) -> Option<Vec<MemberView>> {
        let members = self.guard.0.trail.as_ref()?.read(::access::Access::members).await.ok()?;
        Some(members.into_iter().filter(|member| member.state == MemberState::Pending).collect())
    }

    /// Notes by which addresses a host can be woken.
    pub(crate) fn saw_hardware(&self, host: &HostId, addresses: &[AddressInfo]) {
        let (host, addresses) = (host.0.clone(), addresses.to_vec());
        self.guard.note(Event::HardwareSeen { host, addresses });
    }

    /// Keeps in the trail something that he did, where that is not what the door is for.
    pub(crate) fn keep(&self, verb: Verb, object: String) {
        let deed = deed(&self.actor, verb, object, self.origin, "done".to_owned());
        self.guard.note(Event::Acted(deed));
    }

    /// Keeps in the trail what somebody did who was nobody when he came in.
    pub(crate) fn keep_as(&self, who: &str, verb: Verb, object: String, outcome: String) {
        let deed = Deed { who: who.to_owned(), ..deed(&self.actor, verb, object, self.origin, outcome) };
        self.guard.note(Event::Acted(deed));
    }
}

/// What a handler says of what was done, where its path does not tell.
#[derive(Clone, Debug)]
pub(crate) struct Done(pub(crate) String);

/// What a handler says where nothing was done after all, though all went well.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Undone;

impl Guard {
    /// The guard where the access role is.
    pub(super) fn of_role(book: Published, process: Digest, trail: AccessHandle) -> Self {
        Self::new(Proofs::Book { book, process }, Some(trail))
    }

    /// The guard of a server that is elsewhere: it lets in who has the token with the digest `token`, and
    /// members whose certificates are not among `revoked`.
    pub(crate) fn of_account(
        token: watch::Receiver<Option<Digest>>,
        revoked: watch::Receiver<BTreeSet<String>>,
    ) -> Self {
        Self::new(Proofs::Account { token, revoked }, None)
    }

    fn new(proofs: Proofs, trail: Option<AccessHandle>) -> Self {
        Self(Arc::new(Inner { proofs, trail, jobs: RwLock::new(None), repeats: Repeats::default() }))
    }

    /// Says who knows whose a job is; nobody while no schedule server runs.
    pub(crate) fn ask_of_jobs(&self, jobs: Option<ScheduleHandle>) {
        *self.0.jobs.write().unwrap_or_else(PoisonError::into_inner) = jobs;
    }

    /// Who sends a request.
    fn who(&self, method: &Method, headers: &HeaderMap, peer: Option<&Peer>) -> Actor {
        let now = clock::now();
        let shown = proof::shown(method, headers);
        let member = peer.and_then(|peer| peer.member.as_ref());
        let found = match &self.0.proofs {
            Proofs::Book { process, .. } if shown == Some(*process) => Some(Actor::Owner { token: PROCESS }),
            Proofs::Book { book, .. } => {
                let book = book.borrow();
                let by_token = shown.and_then(|secret| book.by_token(secret, now));
                if let Some((_, used)) = &by_token
                    && used.before.is_none_or(|before| now.since_ms(before) >= USED_MS)
                {
                    self.note(Event::TokenUsed { id: used.token });
                }
                let of = |member: &trust::MemberCertificate| {
                    book.by_certificate(&member.name, &member.serial, now)
                };
                by_token.map(|(actor, _)| actor).or_else(|| member.and_then(of))
            }
            Proofs::Account { token, revoked } => {
                let own = shown.is_some_and(|shown| *token.borrow() == Some(shown));
                let good = member.filter(|member| !revoked.borrow().contains(&member.serial));
                let member = good.map(|member| Actor::Member {
                    name: member.name.clone(),
                    services: member.services.iter().cloned().collect(),
                });
                own.then_some(Actor::Owner { token: PROCESS }).or(member)
            }
        };
        found.unwrap_or(Actor::Stranger)
    }

    /// Whose the object of a request is, as far as that decides whether `actor` may.
    async fn whose(&self, actor: &Actor, whose: Whose, id: Option<&str>) -> Result<Option<String>, Refused> {
        let own = || actor.user().map(str::to_owned);
        match (whose, id) {
            (Whose::Users, Some(user)) => Ok(Some(user.to_owned())),
            (Whose::Tokens, Some(id)) => {
                let Proofs::Book { book, .. } = &self.0.proofs else { return Ok(None) };
                let of = id.parse().ok().and_then(|id| book.borrow().owner_of_token(id).map(str::to_owned));
                Ok(of)
            }
            (Whose::Jobs, Some(id)) => {
                // What is no job is nobody's: what is behind the door says so, to those who may see jobs.
                let Ok(job) = id.parse::<JobId>() else { return Ok(own()) };
                let jobs = self.0.jobs.read().unwrap_or_else(PoisonError::into_inner).clone();
                let Some(jobs) = jobs else { return Ok(None) };
                let user = jobs.read(move |role| role.description(job).map(|job| job.user.clone())).await?;
                Ok(user.or_else(own))
            }
            _ => Ok(own()),
        }
    }

    /// The body of a request, with what keeps its answer where it has a key; or the answer where it came
    /// before. What makes a job keeps its key itself, for good.
    async fn first(
        &self,
        pass: &Pass,
        door: Door,
        parts: &Parts,
        body: Body,
    ) -> Result<(Body, Option<First>), Response> {
        let key = repeats::key(&parts.headers).map_err(IntoResponse::into_response)?;
        let Some(key) = key.filter(|_| parts.method == Method::POST && door.verb != Verb::Submit) else {
            return Ok((body, None));
        };
        let key = format!("{} {} {key}", pass.actor.trail_name(), parts.uri);
        let (body, first) = self.0.repeats.first(key, body).await?;
        Ok((body.into(), Some(first)))
    }

    /// Hands the role something to keep, without waiting for it.
    fn note(&self, event: Event) {
        if let Some(trail) = self.0.trail.clone() {
            tokio::spawn(async move { trail.tell(event).await });
        }
    }
}

/// Lets a request through, or not.
pub(super) async fn stand_guard(
    State((guard, table)): State<(Guard, Arc<Table>)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let peer = parts.extensions.get::<Peer>();
    let (actor, origin) = (guard.who(&parts.method, &parts.headers, peer), Origin::of(peer));
    let was_member = peer.is_some_and(|peer| peer.member.is_some());
    let method = if parts.method == Method::HEAD { Method::GET } else { parts.method.clone() };
    let path = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let asked = Asked::of(&parts, methods(&table, path.as_deref()));
    let door = path.and_then(|path| table.get(&(path, method)).copied());
    let Some(door) = door else {
        if actor == Actor::Stranger {
            return unproven(was_member);
        }
        return asked.finish(next.run(Request::from_parts(parts, body)).await).await;
    };
    let params = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
    let named: Vec<(&str, &str)> = params.iter().flatten().collect();
    let allowed = match guard.whose(&actor, door.whose, named.first().map(|(_, id)| *id)).await {
        Ok(whose) => {
            // What has its own way of knowing whose it is gets in here, and is asked again behind the door.
            let object = whose.as_deref().map_or(Object::Farm, Object::Of);
            let object = if matches!(actor, Actor::Member { .. }) { Object::Farm } else { object };
            allow(&actor, door.verb, object)
        }
        Err(refused) => return refused.into_response(),
    };
    let object = object_text(&named);
    if let Err(denied) = allowed {
        if actor == Actor::Stranger {
            return unproven(was_member);
        }
        if door.verb.is_kept() {
            guard.note(Event::Acted(deed(&actor, door.verb, object, origin, denied.to_string())));
        }
        return denial(&denied).into_response();
    }
    let pass = Pass { actor: actor.clone(), origin, guard: guard.clone() };
    parts.extensions.insert(pass.clone());
    let (body, first) = match guard.first(&pass, door, &parts, body).await {
        Ok(both) => both,
        Err(answered) => return answered,
    };
    let response = asked.finish(next.run(Request::from_parts(parts, body)).await).await;
    let response = match first {
        Some(first) => first.keep(response).await,
        None => response,
    };
    let done = response.status().is_success() && response.extensions().get::<Undone>().is_none();
    if door.verb.is_kept() && (done || response.status() == StatusCode::FORBIDDEN) {
        let said = |response: &Response| response.extensions().get::<Said>().map(|said| said.0.clone());
        let outcome = if done { "done".to_owned() } else { said(&response).unwrap_or_default() };
        let object = response.extensions().get::<Done>().map_or(object, |done| done.0.clone());
        guard.note(Event::Acted(deed(&actor, door.verb, object, origin, outcome)));
    }
    while_let_in(response, pass)
}

/// The methods of the doors at a path.
fn methods(table: &Table, path: Option<&str>) -> Vec<Method> {
    let at = path.into_iter().flat_map(|path| table.keys().filter(move |(of, _)| of == path));
    at.map(|(_, method)| method.clone()).collect()
}

/// An answer that goes on for ever ends with the right to it.
fn while_let_in(response: Response, pass: Pass) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind != Some(b"text/event-stream") {
        return response;
    }
    let (parts, body) = response.into_parts();
    let pieces = body.into_data_stream().take_until(Box::pin(pass.ended()));
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// Something that was done, for the trail.
fn deed(actor: &Actor, verb: Verb, object: String, origin: Origin, outcome: String) -> Deed {
    let object = object.chars().take(OBJECT_MAX).collect();
    Deed { who: actor.trail_name(), verb: verb.word().to_owned(), object, from: origin.text(), outcome }
}

/// What the path of a request names: `job 7`.
fn object_text(named: &[(&str, &str)]) -> String {
    let words: Vec<String> = named.iter().map(|(name, id)| format!("{name} {id}")).collect();
    words.join(", ").chars().filter(|c| !c.is_control()).collect()
}

/// The one answer to everybody who has proven nothing, whatever he wants.
fn unproven(was_member: bool) -> Response {
    let refused = if was_member {
        // Its certificate is by our authority, so that it learns nothing that it did not know.
        Refused::new(StatusCode::UNAUTHORIZED, "this server is a member of the farm no more").hint(
            "it was removed from the farm; to join anew, remove the folder `member` from its data folder and start \
             it again, with a join token, or somebody approves it: framefarm member approve",
        )
    } else {
        Refused::new(StatusCode::UNAUTHORIZED, Denied::Unproven.to_string()).hint(
            "`framefarm login` gets you a proof; one that you had may have ended, ask who runs the farm",
        )
    };
    let mut response = refused.into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// The answer to somebody who may not.
fn denial(denied: &Denied) -> Refused {
    let refused = Refused::new(StatusCode::FORBIDDEN, denied.to_string());
    match denied {
        Denied::Rank { .. } | Denied::NotOwn { .. } => refused
            .hint(format!("an admin, or {OWNER}, can give you that role: framefarm user role NAME ROLE")),
        _ => refused,
    }
}
