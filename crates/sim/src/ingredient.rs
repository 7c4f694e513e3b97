//! What a seed may put into a farm: things that go wrong, and things that jobs and people ask for.
//!
//! Each is left out of some farms altogether, so that one does not always hide another, and each can be
//! switched off to see whether a failure needs it.

use std::fmt;
use std::str::FromStr;

macro_rules! ingredients {
    ($($(#[$doc:meta])* $name:ident $word:literal $chance:literal $most:literal,)*) => {
        /// Something that a seed may put into a farm.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Ingredient {
            $($(#[$doc])* $name,)*
        }

        impl Ingredient {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word for it on the command line.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// In how many farms of a thousand it is.
            pub(crate) const fn chance(self) -> u64 {
                match self { $(Self::$name => $chance,)* }
            }

            /// Its greatest strength: thousandths of the cases that it may befall, or what it says.
            pub(crate) const fn most(self) -> u64 {
                match self { $(Self::$name => $most,)* }
            }
        }
    };
}

ingredients! {
    /// A server is killed where it stands.
    Kills "kills" 700 1000,
    /// A durable role is killed at a commit: before it, after it, or among the words that follow.
    KillsAtCommits "kills-at-commits" 600 12,
    /// A host loses its power, and with it its processes and what lay in its scratch.
    PowerCuts "power-cuts" 400 1000,
    /// Render processes die together with their render server.
    DyingAlong "dying-along" 400 700,
    /// A link breaks.
    LinkCuts "link-cuts" 600 1000,
    /// A host has no network for a while, one way or both.
    Partitions "partitions" 600 1000,
    /// What was under way on a broken link arrives after all, later than the next link stands.
    LateWords "late-words" 500 700,
    /// Messages are seconds late.
    SlowNetwork "slow-network" 400 30,
    /// Commits take long. Strength: the longest, in milliseconds.
    SlowDisks "slow-disks" 350 2500,
    /// Disks are full for a while, and commits fail.
    FullDisks "full-disks" 300 1000,
    /// Each server has a clock of its own that jumps ahead, and back at a restart. Strength: seconds.
    WrongClocks "wrong-clocks" 400 90,
    /// Publishing and sums fail.
    StorageFails "storage-fails" 400 300,
    /// What was brought to the intake is not there when it is to be published.
    MissingOutputs "missing-outputs" 300 80,
    /// Mails cannot be handed over.
    MailFails "mail-fails" 200 200,
    /// Renderers exit with another code than 0.
    BadExits "bad-exits" 500 250,
    /// Renderers leave nothing although they exit with 0.
    NoOutputs "no-outputs" 400 120,
    /// Sessions and starts fail.
    HostFails "host-fails" 400 120,
    /// Memory runs out.
    MemoryFails "memory-fails" 300 120,
    /// No licence is to be had.
    LicenceFails "licence-fails" 250 80,
    /// Packages tell nonsense of their progress, and go on telling when they have ended.
    LyingProgress "lying-progress" 400 600,
    /// Renderers live and never end.
    Hangs "hangs" 350 120,
    /// Renderers end at once and say that all went well.
    TooFast "too-fast" 250 200,
    /// Render servers are told to stop.
    Stops "stops" 400 1000,
    /// Hosts change so that they match other jobs than before.
    InfoChanges "info-changes" 400 1000,
    /// Whoever works at a host comes and goes, and hosts have hours.
    Desks "desks" 450 1000,
    /// Hosts have more or less memory and GPUs than before.
    AmountChanges "amount-changes" 350 1000,
    /// The resource server is wiped and started again.
    ResourceWipes "resource-wipes" 500 1000,
    /// Somebody who is no render server of this farm says things that only they may say.
    Strangers "strangers" 300 1000,
    /// Records and snapshots go through the text that a journal holds.
    WrittenOut "written-out" 60 1000,

    /// People hold, release and kill jobs.
    Steering "steering" 700 1000,
    /// People change priorities.
    Priorities "priorities" 400 1000,
    /// People let failed frames be tried again.
    Retries "retries" 500 1000,
    /// People kill frames, send them back to the queue and have some tried again.
    FrameOrders "frame-orders" 450 1000,
    /// People change the limits of the farm.
    LimitChanges "limit-changes" 400 1000,
    /// People change shares.
    ShareChanges "share-changes" 400 1000,
    /// People forgive hosts that are set aside.
    Pardons "pardons" 300 1000,
    /// People start, stop and restart render servers.
    HostOrders "host-orders" 450 1000,

    /// Steps depend on steps.
    Dependencies "dependencies" 500 600,
    /// Jobs wait for jobs.
    JobsAfter "jobs-after" 400 300,
    /// Frames go in chunks.
    Chunks "chunks" 400 600,
    /// Frames start in another order than they are listed in.
    Orders "orders" 400 600,
    /// Steps take of the farm's limits.
    Limits "limits" 400 500,
    /// Frames hold several slots.
    WideFrames "wide-frames" 400 400,
    /// Steps reserve memory and GPUs.
    Reserves "reserves" 500 600,
    /// Steps prefer some hosts.
    Preferences "preferences" 400 600,
    /// Jobs have a maximum of slots.
    SlotsMax "slots-max" 300 500,
    /// Jobs have a maximum of hosts.
    HostsMax "hosts-max" 300 500,
    /// Attempts have time limits.
    TimeLimits "time-limits" 400 600,
    /// Frames render in milliseconds, so that leases wait on busy slots.
    ShortFrames "short-frames" 350 700,
    /// Commands leave no file.
    SilentFrames "silent-frames" 300 500,
    /// Several people and groups submit.
    ManyUsers "many-users" 500 1000,
}

/// Some of the ingredients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ingredients(u64);

impl Ingredients {
    /// Whether `ingredient` is among them.
    #[must_use]
    pub const fn has(self, ingredient: Ingredient) -> bool {
        self.0 & (1 << ingredient as u32) != 0
    }

    /// The same and `ingredient`.
    #[must_use]
    pub const fn with(self, ingredient: Ingredient) -> Self {
        Self(self.0 | 1 << ingredient as u32)
    }

    /// Those that are not among `others`.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Each, in order.
    pub fn iter(self) -> impl Iterator<Item = Ingredient> {
        Ingredient::ALL.iter().copied().filter(move |one| self.has(*one))
    }
}

impl FromIterator<Ingredient> for Ingredients {
    fn from_iter<T: IntoIterator<Item = Ingredient>>(each: T) -> Self {
        each.into_iter().fold(Self::default(), Self::with)
    }
}

impl fmt::Display for Ingredients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, ingredient) in self.iter().enumerate() {
            write!(f, "{}{}", if i > 0 { "," } else { "" }, ingredient.word())?;
        }
        Ok(())
    }
}

/// A word that is no ingredient.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no ingredient of a farm; `--seed N` says which there are in that farm")]
pub struct UnknownIngredient(String);

impl FromStr for Ingredient {
    type Err = UnknownIngredient;

    fn from_str(word: &str) -> Result<Self, UnknownIngredient> {
        let found = Self::ALL.iter().copied().find(|one| one.word() == word);
        found.ok_or_else(|| UnknownIngredient(word.to_owned()))
    }
}

impl FromStr for Ingredients {
    type Err = UnknownIngredient;

    fn from_str(words: &str) -> Result<Self, UnknownIngredient> {
        words.split(',').filter(|word| !word.is_empty()).map(str::parse::<Ingredient>).collect()
    }
}
