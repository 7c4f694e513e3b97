//! The schedule server's decisions, without input or output.
