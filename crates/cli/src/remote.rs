//! A Gantry server, from afar: `gantry login` and everything that needs it.

mod connection;
mod download;
mod events;
mod login;
mod upload;

pub(crate) use connection::Connection;
pub(crate) use download::download;
pub(crate) use events::events;
pub(crate) use login::Login;
pub(crate) use upload::{upload, upload_for_id};
