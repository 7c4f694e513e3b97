//! Many simulated farms, one that nobody has seen before, and bugs that the simulator has to find.

mod histories;
mod planted;
