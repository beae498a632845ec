//! What was looked up for whoever looks, and changes nothing.

use super::{paths, reading};
use crate::tui::effect::Reply;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;

/// Takes what was looked up; what nobody waits for any more is dropped.
pub(super) fn take(model: &mut Model, found: Reply) {
    match found {
        Reply::Beat(ticket, beat) => model.rooms.overview.take(ticket, beat),
        Reply::Dossier(ticket, did, looked) => {
            let looked = looked.map(|looked| *looked);
            model.rooms.inspect.take(ticket, did, looked, &model.session);
        }
        Reply::Paths(ticket, found) => paths::found(model, ticket, &found),
        Reply::Verdicts(ticket, found) => reading::found(model, ticket, found),
        Reply::Stop(ticket, stop) => {
            if let Some(Overlay::Slider(slider)) = model.overlays.last_mut()
                && slider.ticket == ticket
            {
                slider.arrive(stop);
            }
        }
        _ => {}
    }
}
