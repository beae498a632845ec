//! The verifier over HTTP on loopback: a server of this process, and a client on a thread of its own.

mod bare;
mod call;
mod events;
mod list;
mod live;
mod load;
mod site;
mod verify;

pub use events::run as events;
pub use list::run as list;
pub use live::run as live;
pub use verify::run as verify;
