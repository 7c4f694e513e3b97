//! How much a server answers: what is asked in the name of others must not become much, nor keep the server
//! from its work.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// So many answers at once does one address get.
const BURST: u32 = 100;
/// After that one each so often.
const EVERY: Duration = Duration::from_millis(20);
/// So many addresses are told apart; beyond that nobody new is answered until some have been quiet.
const SOURCES: usize = 4096;
/// A question that comes by two ways within this time is answered once.
const TWICE: Duration = Duration::from_millis(250);

/// Who was answered of late.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Limiter {
    sources: BTreeMap<IpAddr, Source>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    /// When it will have all of its answers again.
    full_at: Instant,
    /// The question that it asked last.
    last: (u16, u64),
    asked_at: Instant,
}

impl Limiter {
    /// Whether to answer the question `nonce` of `asker`, which then counts as answered.
    pub(super) fn allows(&mut self, asker: SocketAddr, nonce: u64, now: Instant) -> bool {
        let question = (asker.port(), nonce);
        if !self.sources.contains_key(&asker.ip()) && self.sources.len() >= SOURCES {
            self.sources.retain(|_, source| source.full_at > now);
            if self.sources.len() >= SOURCES {
                return false;
            }
        }
        let Some(source) = self.sources.get_mut(&asker.ip()) else {
            self.sources.insert(asker.ip(), Source { full_at: now + EVERY, last: question, asked_at: now });
            return true;
        };
        if source.last == question && now.duration_since(source.asked_at) < TWICE {
            return false;
        }
        let full_at = source.full_at.max(now) + EVERY;
        if full_at.duration_since(now) > EVERY * BURST {
            return false;
        }
        *source = Source { full_at, last: question, asked_at: now };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(last: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, last], port))
    }

    #[test]
    fn one_address_gets_a_burst_and_then_one_at_a_time() {
        let (mut limiter, begun) = (Limiter::default(), Instant::now());
        let given = (0..1000).filter(|nonce| limiter.allows(asker(1, 9), *nonce, begun)).count();
        assert_eq!(given, BURST as usize);
        assert!(limiter.allows(asker(2, 9), 0, begun), "others are answered");
        let second = begun + Duration::from_secs(1);
        let given = (0..1000).filter(|nonce| limiter.allows(asker(1, 9), *nonce, second)).count();
        assert_eq!(given, 50);
        let later = begun + Duration::from_secs(60);
        let given = (0..1000).filter(|nonce| limiter.allows(asker(1, 9), *nonce, later)).count();
        assert_eq!(given, BURST as usize);
    }

    #[test]
    fn a_question_that_comes_twice_is_answered_once() {
        let (mut limiter, begun) = (Limiter::default(), Instant::now());
        assert!(limiter.allows(asker(1, 9), 7, begun));
        assert!(!limiter.allows(asker(1, 9), 7, begun + TWICE / 2));
        assert!(limiter.allows(asker(1, 10), 7, begun), "another process");
        assert!(limiter.allows(asker(1, 9), 8, begun), "another question");
        assert!(limiter.allows(asker(1, 9), 8, begun + TWICE), "the same, asked again");
    }

    #[test]
    fn memory_has_an_end_and_is_given_back() {
        let (mut limiter, begun) = (Limiter::default(), Instant::now());
        for n in 0..2 * SOURCES as u32 {
            limiter.allows(SocketAddr::from((n.to_be_bytes(), 1)), 0, begun);
        }
        assert_eq!(limiter.sources.len(), SOURCES);
        assert!(!limiter.allows(asker(1, 1), 0, begun));
        assert!(limiter.allows(asker(1, 1), 0, begun + EVERY));
        assert_eq!(limiter.sources.len(), 1);
    }
}
