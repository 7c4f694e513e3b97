//! The shells that give the roles hands: sockets, files, processes, mail.
