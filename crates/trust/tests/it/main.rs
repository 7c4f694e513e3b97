//! What a farm is trusted by, from the outside.
