//! What always holds of an access role.

use std::collections::BTreeSet;

use crate::OWNER;
use crate::kept::{
    API_TOKENS_MAX, ASKERS_MAX, Access, Fate, JOIN_TOKENS_MAX, LOGINS_MAX, MEMBERS_MAX, TRAIL_MAX, USERS_MAX,
};

impl Access {
    pub(crate) fn check_all(&self) {
        assert!(self.users.len() <= USERS_MAX && !self.users.contains_key(OWNER), "users");
        for (id, token) in &self.tokens {
            assert!(*id <= self.last_token, "token {id} has a number that was not given");
            let known = token.of == OWNER || self.users.contains_key(&token.of);
            assert!(known, "token {id} is of {}, who is no user", token.of);
        }
        for name in self.users.keys().map(String::as_str).chain([OWNER]) {
            let of = |login| self.tokens.values().filter(|t| t.login == login && t.of == name).count();
            assert!(of(true) <= LOGINS_MAX && of(false) <= API_TOKENS_MAX, "{name} has too many tokens");
        }
        assert!(self.join_tokens.len() <= JOIN_TOKENS_MAX && self.windows.len() <= JOIN_TOKENS_MAX);
        for (id, token) in &self.join_tokens {
            assert!(token.uses_left > 0, "join token {id} is used up and still there");
        }
        let waiting = self.asking.values().filter(|asking| asking.fate == Fate::Pending).count();
        assert!(waiting <= ASKERS_MAX, "{waiting} servers ask to join");
        let machines: BTreeSet<_> =
            self.asking.values().map(|asking| (&asking.asker.name, &asking.asker.key)).collect();
        assert_eq!(machines.len(), self.asking.len(), "a machine asks under several tickets");
        assert!(self.members.len() <= MEMBERS_MAX, "members");
        for serial in self.members.values().flat_map(|member| member.certificates.keys()) {
            assert!(!self.revoked.contains_key(serial), "certificate {serial} is revoked and a member's");
        }
        assert!(self.trail.len() <= TRAIL_MAX && self.trail.len() as u64 <= self.deeds, "trail");
    }
}
