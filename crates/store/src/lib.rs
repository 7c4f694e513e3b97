//! Journal, content and results on disk.
