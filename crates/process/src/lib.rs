//! Starts, contains, measures and stops process trees; probes the host.
