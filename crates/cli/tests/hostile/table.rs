//! The attacks from inside a container, group by group.

mod calls;
pub(crate) mod engine;
mod exits;
mod files;
mod leftovers;
mod network;
mod outputs;
mod resources;
mod text;

use crate::attack::Attack;

/// All of them.
pub(crate) fn all() -> Vec<Attack> {
    [
        network::all(),
        files::all(),
        calls::all(),
        resources::all(),
        leftovers::all(),
        outputs::all(),
        text::all(),
        exits::all(),
    ]
    .concat()
}
