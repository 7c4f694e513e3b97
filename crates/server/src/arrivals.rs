//! What arrives over the links of render hosts, for an owner. Heartbeats wait a moment for each other: those
//! of thousands of hosts wake the owner a few times a second then, and not each of them.

use model::Role;

use crate::owner::Handle;

/// Hands `messages` over as events, in order: at once where one of them cannot wait.
pub(crate) async fn hand_over<In, R, H>(
    owner: &Handle<R, H>,
    messages: Vec<In>,
    can_wait: impl Fn(&In) -> bool,
    event: impl Fn(In) -> R::Event,
) where
    R: Role<Event: Send, Refusal: Send> + 'static,
    H: 'static,
{
    if messages.iter().all(can_wait) {
        for message in messages {
            owner.tell_soon(event(message)).await;
        }
    } else {
        owner.tell_many(messages.into_iter().map(event).collect()).await;
    }
}
