//! What happens at a moment of virtual time.

use model::{Grant, JobId, LeaseId, Output, SlotIndex, StepIndex};
use schedule::NoticeId;

use crate::network::{End, LinkId, Message, Place, Run};
use crate::node::Ticket;

#[derive(Clone, Debug)]
pub(crate) enum Happening {
    /// A server starts.
    Starts(Place),
    /// A server looks for another.
    Dials(Run, Place),
    /// Something said arrives.
    Arrives(LinkId, End, Box<Message>),
    /// An end of a link learns that it is gone.
    Gone(LinkId, End),
    /// A link breaks that nothing came through for too long.
    Breaks(LinkId),
    /// A commit comes to its end.
    Written(Run),

    /// The schedule server makes the pass that was wanted.
    Passes(Run),
    /// Files are moved to a job's folder.
    Publishes(Run, LeaseId, String, Vec<Output>),
    /// The sums of a job are written.
    Seals(Run, JobId, Vec<Output>),
    /// A mail is handed over.
    Mails(Run, NoticeId, String, JobId),

    /// The shell of a render server tells it something.
    Tells(Run, Box<render::Event>),
    /// A slot is set up.
    SetsUp(Run, LeaseId, SlotIndex, JobId, StepIndex),
    /// A process starts.
    Spawns(Run, Grant),
    /// A render server is told of whole attempts.
    TellsWhole(Run),
    /// The outputs of an attempt are looked for.
    Collects(Run, Grant),
    /// A package says how far it is.
    Progresses(usize, LeaseId, u32, u16),
    /// A process ends by itself.
    Ends(usize, LeaseId, u32),
    /// A process that was asked to end has ended.
    Dies(usize, LeaseId, u32),
    /// A render server tells the resource server that it lives.
    Beats(Run, LinkId),

    /// A client submits, again and again until it is answered.
    Submits(usize),
    /// Somebody sets the limits that a client's job names.
    SetsLimits(usize),
    /// Whoever asked and has no answer gives up waiting.
    GivesUp(Ticket),
    /// A person does something to a job or the farm.
    Steers,
    /// People put the farm in order when nothing goes wrong any more.
    Tidies,
    /// A kill or a hold must have acted.
    Acted(JobId),
    /// What holds at all times is looked at.
    Looks,
    /// Something goes wrong.
    Mischief,
    /// A stranger says something on its link.
    Babbles(LinkId),
    /// One server is killed where nothing else goes wrong.
    CalmKill,
    /// Nothing goes wrong any more.
    Heals,
}
