//! The wire from outside: links over in-memory streams, discovery over the real loopback network, the
//! client against a small server.

mod calls;
mod discovery;
mod link;
mod link_bounds;
mod ring;
mod transfers;
