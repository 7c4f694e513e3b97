//! The doors of a server: every route together with the verb of what is done there.
//!
//! There is no other way to register a route, so that the table of doors is complete and nothing is served
//! that nobody guards.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::access::{Verb, Who};
use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};

use super::guard::{Guard, stand_guard};
use crate::metrics::count_requests;
use crate::problem::Refused;

/// What a door's object belongs to, where that decides who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// It makes no difference, or what is behind the door looks at it.
    Anybodys,
    /// The user of the job that the path names.
    Jobs,
    /// The user that the path names.
    Users,
    /// The user of the token that the path names.
    Tokens,
}

/// A door: what is done there, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Door {
    pub(super) verb: Verb,
    pub(super) whose: Whose,
}

/// Doors by path and method.
pub(super) type Table = BTreeMap<(String, Method), Door>;

/// Routes and what is done at each.
#[derive(Clone)]
pub(crate) struct Doors<S = ()> {
    router: Router<S>,
    table: BTreeMap<String, Vec<(Method, Door)>>,
}

impl<S: Clone + Send + Sync + 'static> Doors<S> {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), table: BTreeMap::new() }
    }

    /// A door for looking.
    pub(crate) fn get<T: 'static>(self, path: &str, verb: Verb, handler: impl Handler<T, S>) -> Self {
        self.door(Method::GET, MethodFilter::GET, path, verb, handler)
    }

    /// A door for doing something.
    pub(crate) fn post<T: 'static>(self, path: &str, verb: Verb, handler: impl Handler<T, S>) -> Self {
        self.door(Method::POST, MethodFilter::POST, path, verb, handler)
    }

    /// A door for putting something in its place.
    pub(crate) fn put<T: 'static>(self, path: &str, verb: Verb, handler: impl Handler<T, S>) -> Self {
        self.door(Method::PUT, MethodFilter::PUT, path, verb, handler)
    }

    /// A door for taking something away.
    pub(crate) fn delete<T: 'static>(self, path: &str, verb: Verb, handler: impl Handler<T, S>) -> Self {
        self.door(Method::DELETE, MethodFilter::DELETE, path, verb, handler)
    }

    fn door<T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &str,
        verb: Verb,
        handler: impl Handler<T, S>,
    ) -> Self {
        let whose = match verb.who() {
            Who::Own(..) if path.contains("{job}") => Whose::Jobs,
            Who::Own(..) if path.contains("{user}") => Whose::Users,
            Who::Own(..) if path.contains("{token}") => Whose::Tokens,
            _ => Whose::Anybodys,
        };
        self.table.entry(path.to_owned()).or_default().push((method, Door { verb, whose }));
        Self { router: self.router.route(path, on(filter, handler)), ..self }
    }

    /// Lets bodies of so many bytes in at the doors so far.
    pub(crate) fn bodies_up_to(self, bytes: usize) -> Self {
        Self { router: self.router.layer(axum::extract::DefaultBodyLimit::max(bytes)), ..self }
    }

    /// Gives what is behind the doors what they share.
    pub(crate) fn with_state(self, state: S) -> Doors {
        Doors { router: self.router.with_state(state), table: self.table }
    }
}

impl Doors {
    /// These doors and those.
    pub(crate) fn and(mut self, others: Self) -> Self {
        for (path, doors) in others.table {
            self.table.entry(path).or_default().extend(doors);
        }
        Self { router: self.router.merge(others.router), table: self.table }
    }

    /// The same doors with nothing behind them: whoever may pass is told why.
    pub(crate) fn closed(self, why: fn() -> Refused) -> Self {
        let tell = move || async move { why() };
        let paths = self.table.keys();
        let router = paths.fold(Router::new(), |router, path| router.route(path, axum::routing::any(tell)));
        Self { router, table: self.table }
    }

    /// All of them with `guard` before them. Nothing is served without, not even what is not there.
    pub(crate) fn guarded(self, guard: &Guard) -> Router {
        let doors = self.table.into_iter().flat_map(|(path, doors)| {
            doors.into_iter().map(move |(method, door)| ((path.clone(), method), door))
        });
        let watch = (guard.clone(), Arc::new(doors.collect::<Table>()));
        // A method that a door does not have is none of the doors: what is not in the table answers alike.
        let router = self.router.layer(axum::middleware::from_fn_with_state(watch, stand_guard));
        router.layer(axum::middleware::from_fn(count_requests))
    }

    /// Paths and methods of all doors, with their verbs.
    #[cfg(test)]
    pub(crate) fn list(&self) -> Vec<(String, Method, Verb)> {
        let doors = self.table.iter().flat_map(|(path, doors)| {
            doors.iter().map(move |(method, door)| (path.clone(), method.clone(), door.verb))
        });
        doors.collect()
    }

    /// What is behind the doors, for tests of that alone: everybody is the owner.
    #[cfg(test)]
    pub(crate) fn open(self) -> Router {
        self.router.layer(axum::Extension(super::Pass::of_owner()))
    }
}
