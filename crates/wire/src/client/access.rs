//! Calls about who may do what: logins, users, tokens, members and the trail of deeds.

use model::{
    DeedView, JoinTokenView, LoginReply, LoginRequest, MadeJoinToken, MadeToken, MemberView, NewJoinToken,
    NewPassword, NewToken, NewUser, NewWindow, Time, TokenView, UserChange, UserView, WhoView, WindowView,
};
use reqwest::Method;

use super::{Client, ClientError};

/// Which deeds are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeedsWanted<'a> {
    /// Only those of this user or member.
    pub by: Option<&'a str>,
    /// Only those since then.
    pub since: Option<Time>,
    /// Only those with larger numbers.
    pub after: Option<u64>,
    /// So many, the newest; as many as the server likes where it is not said.
    pub most: Option<usize>,
}

impl Client {
    /// Whom the farm takes this client for.
    ///
    /// # Errors
    /// As for every call.
    pub async fn who_am_i(&self) -> Result<WhoView, ClientError> {
        self.json(self.request(Method::GET, &["whoami"])).await
    }

    /// Logs in and says what proves it from now on.
    ///
    /// # Errors
    /// As for every call.
    pub async fn log_in(&self, login: &LoginRequest) -> Result<LoginReply, ClientError> {
        self.json(self.request(Method::POST, &["login"]).json(login)).await
    }

    /// Ends the login whose token this client shows.
    ///
    /// # Errors
    /// As for every call.
    pub async fn log_out(&self) -> Result<(), ClientError> {
        self.nothing(self.request(Method::POST, &["logout"])).await
    }

    /// The users.
    ///
    /// # Errors
    /// As for every call.
    pub async fn users(&self) -> Result<Vec<UserView>, ClientError> {
        self.json(self.request(Method::GET, &["users"])).await
    }

    /// Adds a user.
    ///
    /// # Errors
    /// As for every call.
    pub async fn add_user(&self, user: &NewUser) -> Result<UserView, ClientError> {
        self.json(self.request(Method::POST, &["users"]).json(user)).await
    }

    /// Gives a user another role, disables him or lets him in again.
    ///
    /// # Errors
    /// As for every call.
    pub async fn change_user(&self, name: &str, change: &UserChange) -> Result<UserView, ClientError> {
        self.json(self.request(Method::PUT, &["users", name]).json(change)).await
    }

    /// Sets a password; the logins by the one before end.
    ///
    /// # Errors
    /// As for every call.
    pub async fn set_password(&self, name: &str, password: &NewPassword) -> Result<(), ClientError> {
        self.nothing(self.request(Method::PUT, &["users", name, "password"]).json(password)).await
    }

    /// Removes a user and all his tokens.
    ///
    /// # Errors
    /// As for every call.
    pub async fn remove_user(&self, name: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["users", name])).await
    }

    /// One's own tokens, or those of everybody.
    ///
    /// # Errors
    /// As for every call.
    pub async fn tokens(&self, all: bool) -> Result<Vec<TokenView>, ClientError> {
        let mut url = self.resource(&["tokens"]);
        url.query_pairs_mut().append_pair("all", if all { "true" } else { "false" });
        self.json(self.http.get(url).timeout(super::REQUEST_TIME)).await
    }

    /// Makes a token for a program.
    ///
    /// # Errors
    /// As for every call.
    pub async fn make_token(&self, token: &NewToken) -> Result<MadeToken, ClientError> {
        self.json(self.request(Method::POST, &["tokens"]).json(token)).await
    }

    /// Ends a token.
    ///
    /// # Errors
    /// As for every call.
    pub async fn revoke_token(&self, id: u64) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["tokens", &id.to_string()])).await
    }

    /// The members, and who asks to be one.
    ///
    /// # Errors
    /// As for every call.
    pub async fn members(&self) -> Result<Vec<MemberView>, ClientError> {
        self.json(self.request(Method::GET, &["members"])).await
    }

    /// Makes who asks to join under this name or code a member.
    ///
    /// # Errors
    /// As for every call.
    pub async fn approve_member(&self, who: &str) -> Result<MemberView, ClientError> {
        self.json(self.request(Method::POST, &["members", who, "approve"])).await
    }

    /// Denies who asks to join under this name or code.
    ///
    /// # Errors
    /// As for every call.
    pub async fn deny_member(&self, who: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::POST, &["members", who, "deny"])).await
    }

    /// Ends a membership.
    ///
    /// # Errors
    /// As for every call.
    pub async fn revoke_member(&self, name: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["members", name])).await
    }

    /// The join tokens that are good.
    ///
    /// # Errors
    /// As for every call.
    pub async fn join_tokens(&self) -> Result<Vec<JoinTokenView>, ClientError> {
        self.json(self.request(Method::GET, &["join-tokens"])).await
    }

    /// Makes a join token.
    ///
    /// # Errors
    /// As for every call.
    pub async fn make_join_token(&self, token: &NewJoinToken) -> Result<MadeJoinToken, ClientError> {
        self.json(self.request(Method::POST, &["join-tokens"]).json(token)).await
    }

    /// Ends a join token.
    ///
    /// # Errors
    /// As for every call.
    pub async fn revoke_join_token(&self, id: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["join-tokens", id])).await
    }

    /// The enrolment windows that are open.
    ///
    /// # Errors
    /// As for every call.
    pub async fn windows(&self) -> Result<Vec<WindowView>, ClientError> {
        self.json(self.request(Method::GET, &["windows"])).await
    }

    /// Opens an enrolment window.
    ///
    /// # Errors
    /// As for every call.
    pub async fn open_window(&self, window: &NewWindow) -> Result<WindowView, ClientError> {
        self.json(self.request(Method::POST, &["windows"]).json(window)).await
    }

    /// Closes an enrolment window.
    ///
    /// # Errors
    /// As for every call.
    pub async fn close_window(&self, id: u64) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["windows", &id.to_string()])).await
    }

    /// What was done, and by whom; the oldest first.
    ///
    /// # Errors
    /// As for every call.
    pub async fn deeds(&self, wanted: &DeedsWanted<'_>) -> Result<Vec<DeedView>, ClientError> {
        let mut url = self.resource(&["audit"]);
        for (name, value) in [
            ("by", wanted.by.map(str::to_owned)),
            ("since", wanted.since.map(|since| since.0.to_string())),
            ("after", wanted.after.map(|after| after.to_string())),
            ("most", wanted.most.map(|most| most.to_string())),
        ] {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
        self.json(self.http.get(url).timeout(super::REQUEST_TIME)).await
    }
}
