//! The resource database's decisions, without input or output.
