//! What reaches the console, in one order.

use crossterm::event::KeyEvent;

use super::contexts::Landed;
use super::effect::{Reply, Ticket};

/// Something happened.
#[derive(Debug)]
pub(super) enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// A key was pressed right after the focus came back: it may have been meant for another window.
    Early(KeyEvent),
    /// The mouse clicked on this row of the screen.
    Click(u16),
    /// The wheel of the mouse was turned: down, or up.
    Wheel(bool),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size; drawing asks for it.
    Resize,
    /// Time passed.
    Tick,
    /// Work that an effect asked for during a visit is done.
    Reply(usize, Box<Reply>),
    /// The verifier of a visit told of something.
    News(usize),
    /// A context was opened, or not; for the loop.
    Landed(Box<Landed>),
    /// What a verifier told whose log is on its way, to whom it was asked for.
    Told(Ticket, Box<super::arriving::Told>),
    /// The program is to leave.
    Terminate,
    /// Somebody asks the program to stop until it is continued.
    Stopped,
    /// The program was stopped and goes on.
    Continued,
    /// No input will come any more.
    InputClosed,
}
