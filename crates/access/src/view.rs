//! What an access role shows.

use model::{
    AddressInfo, DeedView, Digest, JoinTokenView, MemberState, MemberView, Rank, Time, TokenKind, TokenView,
    UserView, WindowView,
};

use crate::OWNER;
use crate::kept::{Access, Asking, Fate, Member, Token};
use crate::record::Asker;

/// What became of a server that asked to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A person has to approve it.
    Pending {
        /// Its short code.
        code: String,
    },
    /// It is a member, and is to get a certificate for what it asked.
    Admitted(Box<Asker>),
    /// It is not wanted.
    Denied {
        /// Why.
        why: String,
    },
}

/// Which deeds are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeedFilter {
    /// Only those of this user or member.
    pub by: Option<String>,
    /// Only those since then.
    pub since: Option<Time>,
    /// Only those with larger numbers.
    pub after: Option<u64>,
    /// So many, the newest.
    pub most: usize,
}

impl Access {
    /// The users.
    #[must_use]
    pub fn users(&self, now: Time) -> Vec<UserView> {
        self.users.keys().filter_map(|name| self.user(name, now)).collect()
    }

    /// A user.
    #[must_use]
    pub fn user(&self, name: &str, now: Time) -> Option<UserView> {
        let user = self.users.get(name)?;
        Some(UserView {
            name: name.to_owned(),
            role: user.rank,
            disabled: user.disabled,
            password: user.password.is_some(),
            tokens: self.tokens.values().filter(|token| token.of == name && is_good(token, now)).count(),
            since: user.since,
        })
    }

    /// The tokens of a user, or of everybody: those that are good.
    #[must_use]
    pub fn tokens(&self, of: Option<&str>, now: Time) -> Vec<TokenView> {
        let owner = self.owner.iter().filter(|_| of.is_none_or(|of| of == OWNER)).map(|owner| TokenView {
            id: owner.id,
            of: OWNER.to_owned(),
            kind: TokenKind::Owner,
            name: "this machine".to_owned(),
            role: Rank::Admin,
            made: owner.made,
            expires: None,
            used: owner.used,
        });
        let wanted = |token: &&Token| of.is_none_or(|of| of == token.of) && is_good(token, now);
        let others = self.tokens.iter().filter(|(_, token)| wanted(token));
        owner.chain(others.map(|(id, token)| self.token_view(*id, token))).collect()
    }

    /// The token with the secret of this digest.
    #[must_use]
    pub fn token(&self, secret: Digest) -> Option<TokenView> {
        let found = self.tokens.iter().find(|(_, token)| token.secret == secret);
        found.map(|(id, token)| self.token_view(*id, token))
    }

    fn token_view(&self, id: u64, token: &Token) -> TokenView {
        TokenView {
            id,
            of: token.of.clone(),
            kind: if token.login { TokenKind::Login } else { TokenKind::Api },
            name: token.name.clone(),
            role: self.rank_with(token).unwrap_or(Rank::Viewer),
            made: token.made,
            expires: token.expires,
            used: token.used,
        }
    }

    /// Who asks to join, and the members.
    #[must_use]
    pub fn members(&self) -> Vec<MemberView> {
        let pending = self.asking.values().filter(|asking| asking.fate == Fate::Pending);
        let pending = pending.map(|asking| self.asking_view(asking));
        pending.chain(self.members.iter().map(|(name, member)| member_view(name, member))).collect()
    }

    /// A member.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<MemberView> {
        self.members.get(name).map(|member| member_view(name, member))
    }

    fn asking_view(&self, asking: &Asking) -> MemberView {
        let asker = &asking.asker;
        let other = self.members.get(&asker.name).filter(|member| !member.has_key(&asker.key));
        MemberView {
            name: asker.name.clone(),
            state: MemberState::Pending,
            services: asker.services.iter().cloned().collect(),
            code: Some(asker.code.clone()),
            taken: other.is_some(),
            address: asker.address.clone(),
            since: asking.since,
            by: None,
            expires: None,
        }
    }

    /// The name of the server that waits for approval under this name or code.
    #[must_use]
    pub fn name_of_asker(&self, who: &str) -> Option<String> {
        self.meant(who).ok().map(|(_, asking)| asking.asker.name.clone())
    }

    /// The short code of the server that asks with this key.
    #[must_use]
    pub fn code_of(&self, key: &str) -> Option<&str> {
        let found = self.asking.values().find(|asking| asking.asker.key == key);
        found.map(|asking| asking.asker.code.as_str()).filter(|code| !code.is_empty())
    }

    /// What became of the server that asks under the ticket of this digest.
    #[must_use]
    pub fn asked(&self, ticket: Digest, now: Time) -> Option<Asked> {
        let asking = self.asking.get(&ticket).filter(|asking| now < asking.lapses())?;
        Some(match &asking.fate {
            Fate::Pending => Asked::Pending { code: asking.asker.code.clone() },
            Fate::Admitted => Asked::Admitted(Box::new(asking.asker.clone())),
            Fate::Denied(why) => Asked::Denied { why: why.clone() },
        })
    }

    /// The join tokens that are good.
    #[must_use]
    pub fn join_tokens(&self, now: Time) -> Vec<JoinTokenView> {
        let good = self.join_tokens.iter().filter(|(_, token)| now < token.expires);
        good.map(|(id, token)| JoinTokenView {
            id: id.clone(),
            services: token.services.iter().cloned().collect(),
            uses_left: token.uses_left,
            expires: token.expires,
            by: token.by.clone(),
        })
        .collect()
    }

    /// The enrolment windows that are open.
    #[must_use]
    pub fn windows(&self, now: Time) -> Vec<WindowView> {
        let open = self.windows.iter().filter(|(_, window)| now < window.until);
        open.map(|(id, window)| WindowView {
            id: *id,
            subnet: window.subnet.to_string(),
            services: window.services.iter().cloned().collect(),
            until: window.until,
            by: window.by.clone(),
        })
        .collect()
    }

    /// By which addresses a host can be woken.
    #[must_use]
    pub fn hardware(&self, host: &str) -> &[AddressInfo] {
        self.hardware.get(host).map(Vec::as_slice).unwrap_or_default()
    }

    /// Deeds of the trail, the oldest first.
    #[must_use]
    pub fn deeds(&self, filter: &DeedFilter) -> Vec<DeedView> {
        let first = self.deeds - self.trail.len() as u64 + 1;
        let numbered = (first..).zip(&self.trail);
        let mut found: Vec<_> = numbered
            .filter(|(number, _)| filter.after.is_none_or(|after| *number > after))
            .filter(|(_, trace)| filter.since.is_none_or(|since| trace.at >= since))
            .filter(|(_, trace)| filter.by.as_ref().is_none_or(|by| trace.deed.who == *by))
            .map(|(number, trace)| DeedView {
                number,
                at: trace.at,
                who: trace.deed.who.clone(),
                verb: trace.deed.verb.clone(),
                object: trace.deed.object.clone(),
                from: trace.deed.from.clone(),
                outcome: trace.deed.outcome.clone(),
            })
            .collect();
        found.drain(..found.len().saturating_sub(filter.most));
        found
    }
}

fn is_good(token: &Token, now: Time) -> bool {
    token.expires.is_none_or(|expires| now < expires)
}

fn member_view(name: &str, member: &Member) -> MemberView {
    MemberView {
        name: name.to_owned(),
        state: MemberState::Member,
        services: member.services.iter().cloned().collect(),
        code: None,
        taken: false,
        address: member.address.clone(),
        since: member.since,
        by: Some(member.by.clone()),
        expires: member.certificates.values().max().copied(),
    }
}
