//! Rendering packages as data: probe, command, progress, outputs.
