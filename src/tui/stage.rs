//! The terminal in the console's hands, and everything that reaches it in one order.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{Event as TerminalEvent, KeyEventKind, MouseButton, MouseEventKind, read};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::event::Event;
use super::focus::Focus;
use super::takeover::Guard;

/// Between two looks for changes by others.
const TICK: Duration = Duration::from_millis(500);

/// The terminal with its events: keys, signals, time, and what work answers.
pub(super) struct Stage {
    pub guard: Guard,
    pub events: Receiver<Event>,
    pub sender: SyncSender<Event>,
    runtime: Runtime,
}

impl Stage {
    /// Takes the terminal.
    pub(super) fn set(context: &str) -> io::Result<Self> {
        let (sender, events) = sync_channel(4096);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.spawn(watch_signals(sender.clone()));
        runtime.spawn(tick(sender.clone()));
        let guard = Guard::enter(context)?;
        let keys = sender.clone();
        thread::spawn(move || read_input(&keys));
        Ok(Self { guard, events, sender, runtime })
    }

    /// Gives the terminal back.
    pub(super) fn leave(self) {
        drop(self.guard);
        self.runtime.shutdown_background();
    }
}

/// Reads keys until there are none, on a thread that may wait.
fn read_input(events: &SyncSender<Event>) {
    let mut focus = Focus::default();
    loop {
        let event = match read() {
            Ok(TerminalEvent::Key(key)) if key.kind != KeyEventKind::Release => {
                if focus.early(Instant::now()) { Event::Early(key) } else { Event::Key(key) }
            }
            Ok(TerminalEvent::FocusGained) => {
                focus.came_back(Instant::now());
                continue;
            }
            Ok(TerminalEvent::Mouse(mouse)) => match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => Event::Click(mouse.row),
                MouseEventKind::ScrollDown => Event::Wheel(true),
                MouseEventKind::ScrollUp => Event::Wheel(false),
                _ => continue,
            },
            Ok(TerminalEvent::Paste(text)) => Event::Paste(text),
            Ok(TerminalEvent::Resize(..)) => Event::Resize,
            Ok(_) => continue,
            Err(_) => Event::InputClosed,
        };
        let closed = matches!(event, Event::InputClosed);
        if events.send(event).is_err() || closed {
            return;
        }
    }
}

async fn tick(events: SyncSender<Event>) {
    let mut interval = tokio::time::interval(TICK);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        // A full queue has plenty to do without a tick.
        if let Err(std::sync::mpsc::TrySendError::Disconnected(_)) = events.try_send(Event::Tick) {
            return;
        }
    }
}

async fn watch_signals(events: SyncSender<Event>) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut stop = signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?;
    let mut go_on = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
    loop {
        let event = tokio::select! {
            _ = terminate.recv() => Event::Terminate,
            _ = hang_up.recv() => Event::Terminate,
            _ = stop.recv() => Event::Stopped,
            _ = go_on.recv() => Event::Continued,
        };
        if events.send(event).is_err() {
            return Ok(());
        }
    }
}
