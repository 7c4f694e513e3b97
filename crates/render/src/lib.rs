//! The render server's decisions, without input or output.
