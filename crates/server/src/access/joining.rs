//! The doors of servers that want to be members: which farm it is, asking to join, and renewing a
//! certificate.

use ::access::{Actor, Asked, Asker, Event, JoinAsk, Object, Refusal, Verb, allow};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use model::{FarmIdentity, JoinReply, JoinRequest, JoinState, RenewReply, RenewRequest, TokenProof};
use trust::{Identity, Issued, Request, Secret};

use super::people::{Answer, Body};
use super::refusals::read;
use super::{Desk, Pass};
use crate::clock;
use crate::problem::Refused;

/// Longer names of services are none.
const SERVICES_MAX: usize = 8;

pub(super) async fn identity(State(desk): State<Desk>) -> Json<FarmIdentity> {
    Json(FarmIdentity::clone(&desk.identity))
}

pub(super) async fn join(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    body: Body<JoinRequest>,
) -> Answer<JoinReply> {
    let asked = read(body, "a JoinRequest as the API describes it")?;
    let place = format!("join, {}", pass.origin.text());
    desk.may_try(&pass, &place)?;
    let ticket = Secret::new().map_err(|error| Refused::broken(&error))?;
    let ask = desk.look_at(&pass, asked, &ticket).await?;
    let (name, by_token) = (ask.name.clone(), ask.token.is_some());
    let hash = ticket.hash();
    let event = Event::AskToJoin(Box::new(ask));
    let became = desk.handle.ask(event, move |role| role.asked(hash, clock::now())).await;
    let became = became.inspect_err(|_| {
        if by_token {
            desk.has_failed(&pass, &place);
        }
    })?;
    if let Some(Asked::Admitted(_)) = became {
        let by = desk.approved_by(&name).await?;
        pass.keep_as(&format!("member {name}"), Verb::Join, format!("as {name}"), format!("let in by {by}"));
    }
    let state = desk.state(became).await?;
    Ok(Json(JoinReply { ticket: ticket.reveal().to_owned(), state }))
}

pub(super) async fn asked(State(desk): State<Desk>, Path(ticket): Path<String>) -> Answer<JoinReply> {
    let hash = trust::secret_hash(&ticket);
    let became = desk.handle.read(move |role| role.asked(hash, clock::now())).await?;
    let state = desk.state(became).await?;
    Ok(Json(JoinReply { ticket, state }))
}

pub(super) async fn renew(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    body: Body<RenewRequest>,
) -> Answer<RenewReply> {
    let RenewRequest { request } = read(body, "{\"request\": \"-----BEGIN CERTIFICATE REQUEST-----...\"}")?;
    let Actor::Member { name, services } = &pass.actor else {
        return Err(Refused::new(StatusCode::CONFLICT, "only a member has a certificate to be renewed"));
    };
    let services: Vec<String> = services.iter().cloned().collect();
    let request = read_request(&request)?;
    let issued = desk.issue(name.clone(), &services, &request).await?;
    Ok(Json(RenewReply { certificate: issued.certificate }))
}

impl Desk {
    /// What a server says that asks to join, as far as it is sound.
    async fn look_at(&self, pass: &Pass, asked: JoinRequest, ticket: &Secret) -> Result<JoinAsk, Refused> {
        let JoinRequest { name, services, request: text, token } = asked;
        let request = read_request(&text)?;
        if services.len() > SERVICES_MAX {
            return Err(Refusal::Service { service: String::new() }.into());
        }
        let key = request.key_fingerprint().to_owned();
        let vouches = allow(&pass.actor, Verb::ApproveMember, Object::Farm).is_ok();
        let voucher = vouches.then(|| pass.actor.trail_name());
        // Only where a person has to compare it: it takes a while, on purpose.
        let code = match token.is_some() || voucher.is_some() {
            true => String::new(),
            false => self.code(key.clone()).await?,
        };
        let token = token.map(|TokenProof { id, secret }| (id, trust::secret_hash(&secret)));
        let address = pass.origin.0.unwrap_or(std::net::Ipv4Addr::UNSPECIFIED.into());
        let (ticket, services) = (ticket.hash(), services.into_iter().collect());
        Ok(JoinAsk { ticket, name, services, key, code, request: text, address, token, voucher })
    }

    /// The short code for a key, worked out once while it asks.
    async fn code(&self, key: String) -> Result<String, Refused> {
        let sought = key.clone();
        let known = self.handle.read(move |role| role.code_of(&sought).map(str::to_owned)).await?;
        match known {
            Some(code) => Ok(code),
            None => {
                let authority = self.authority.clone();
                self.passwords.at_work(move || trust::short_code(authority.certificate(), &key)).await
            }
        }
    }

    async fn approved_by(&self, name: &str) -> Result<String, Refused> {
        let name = name.to_owned();
        let member = self.handle.read(move |role| role.member(&name)).await?;
        Ok(member.and_then(|member| member.by).unwrap_or_default())
    }

    /// What is told of what became of it; who was let in has his certificate made now.
    async fn state(&self, became: Option<Asked>) -> Result<JoinState, Refused> {
        match became {
            None => Err(Refused::new(StatusCode::NOT_FOUND, "nobody asks to join under this ticket")
                .hint("requests to join are forgotten after an hour; ask again")),
            Some(Asked::Pending { code }) => Ok(JoinState::Pending { code }),
            Some(Asked::Denied { why }) => Ok(JoinState::Denied { why }),
            Some(Asked::Admitted(asker)) => {
                let Asker { name, services, request, .. } = *asker;
                let services: Vec<String> = services.into_iter().collect();
                let issued = self.issue(name, &services, &read_request(&request)?).await?;
                Ok(JoinState::Approved { certificate: issued.certificate })
            }
        }
    }

    /// Issues a certificate and writes down that it is good, before anybody has it.
    async fn issue(&self, name: String, services: &[String], request: &Request) -> Result<Issued, Refused> {
        let identity = Identity::new(&name, services)
            .map_err(|error| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, crate::error_chain(&error)))?;
        let issued = self.authority.issue(request, &identity, clock::now(), self.life);
        let issued = issued.map_err(|error| Refused::broken(&error))?;
        let key = request.key_fingerprint().to_owned();
        let (serial, expires) = (issued.serial.clone(), issued.expires);
        self.handle.ask(Event::CertificateIssued { name, key, serial, expires }, |_| ()).await?;
        Ok(issued)
    }
}

fn read_request(text: &str) -> Result<Request, Refused> {
    Request::read(text)
        .map_err(|error| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, crate::error_chain(&error)))
}
