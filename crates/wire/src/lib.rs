//! Discovery, links between roles, and the client of the API.
