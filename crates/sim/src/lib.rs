//! The simulated farm: virtual time, lossy network, crashes. Never shipped.
