//! The verdict on a seed: its history is run, and a broken promise is caught, named, and made smaller.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::ingredient::{Ingredient, Ingredients};
use crate::oracle::{Broken, Oracle};
use crate::story::Sink;
use crate::world::{Options, Summary, World};

/// What came of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How far it went.
    pub summary: Summary,
    /// What was in the farm.
    pub ingredients: Ingredients,
    /// The digest of all lines, where there was somebody to read them.
    pub digest: u64,
    /// The promise that was broken, where one was.
    pub broken: Option<Broken>,
}

thread_local! {
    /// Where the last panic of this thread was, while a judge looks on.
    static PANIC: RefCell<Option<Option<String>>> = const { RefCell::new(None) };
}

/// Runs the history of `options` to its end, or to the first broken promise.
#[must_use]
pub fn judge(options: &Options, sink: Option<Sink>) -> Verdict {
    let mut world = World::new(options, sink);
    let broken = watched(|| while world.advance() {});
    Verdict { summary: world.summary(), ingredients: world.ingredients(), digest: world.digest(), broken }
}

/// Does `work` and catches what it breaks.
pub fn watched(work: impl FnOnce()) -> Option<Broken> {
    listen();
    PANIC.set(Some(None));
    let caught = catch_unwind(AssertUnwindSafe(work));
    let told = PANIC.take().flatten();
    let payload = caught.err()?;
    Some(match payload.downcast::<Broken>() {
        Ok(broken) => *broken,
        Err(_) => Broken { oracle: Oracle::RoleHolds, how: told.unwrap_or_default() },
    })
}

/// From now on a panic in a judged history is kept and not printed.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let judged = PANIC.with_borrow_mut(|kept| match kept {
                Some(kept) => {
                    let words = info.to_string();
                    *kept = Some(words.split_whitespace().collect::<Vec<_>>().join(" "));
                    true
                }
                None => false,
            });
            if !judged {
                before(info);
            }
        }));
    });
}

/// The smallest set of ingredients that still breaks the same promise, found by leaving out one after the
/// other for as long as that changes anything.
#[must_use]
pub fn shrink(options: &Options, oracle: Oracle) -> (Options, Ingredients) {
    let mut least = *options;
    let mut verdict = judge(&least, None);
    loop {
        let before = least;
        for ingredient in verdict.ingredients.iter().collect::<Vec<Ingredient>>() {
            let fewer = Options { off: least.off.with(ingredient), ..least };
            let outcome = judge(&fewer, None);
            if outcome.broken.as_ref().is_some_and(|broken| broken.oracle == oracle) {
                (least, verdict) = (fewer, outcome);
            }
        }
        if least == before {
            return (least, verdict.ingredients);
        }
    }
}
