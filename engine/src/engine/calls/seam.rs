//! Where calls meet links, devices and sounds: one small function for each thing that the call machine wants of
//! them. What they report comes back to the desk as a message.

use crate::api::{ApiError, CallSide, CallStatistics};
use crate::call::machine::{Peer, Tone};
use crate::call::signal::{CallId, Control};
use crate::engine::desk::Desk;

impl Desk {
    /// A link is wanted; `first` says whether this end makes the first offer.
    pub(super) async fn open_link(&mut self, peer: Peer, first: bool) {
        self.want_link(peer, first).await;
    }

    /// No call wants the link any more. What was told before is still said.
    pub(super) fn release_link(&mut self, peer: Peer) {
        self.drop_link(peer);
    }

    /// Says something on a link's control channel.
    pub(super) fn tell_on_link(&mut self, peer: Peer, control: Control) {
        self.say_on_link(peer, control);
    }

    /// Opens the camera for the user's own eyes.
    pub(super) fn preview(&mut self, call: CallId) {
        self.show_preview(call);
    }

    /// Opens devices for a call that is answered, and sends and plays as soon as the link is up.
    pub(super) fn begin_media(
        &mut self,
        call: CallId,
        peer: Peer,
        mine: CallSide,
        theirs: CallSide,
    ) {
        self.open_media(call, peer, mine, theirs);
    }

    /// One of the sides of a call has changed.
    pub(super) fn change_media(&mut self, call: CallId, mine: CallSide, theirs: CallSide) {
        self.change_sides(call, mine, theirs);
    }

    /// Closes what was opened for a call.
    pub(super) fn end_media(&mut self, call: CallId) {
        self.close_media(call);
    }

    /// What is heard while calls ring.
    pub(super) fn sound(&mut self, tone: Tone) {
        self.let_ring(tone);
    }

    /// The user chose other devices: they are in the settings.
    pub(in crate::engine) fn devices_chosen(&mut self) {
        self.choose_devices();
    }

    /// Figures of a call that is on.
    pub(super) fn call_statistics(&self, call: CallId) -> Result<CallStatistics, ApiError> {
        self.figures_of(call)
    }
}
