//! Looks again and again which devices there are, and says when that has changed. Sound cards are asked for each time;
//! cameras are only touched where the system shows that one came or went.

use crate::api::DeviceList;
use crate::device::{camera, sound};

/// What was seen last.
#[derive(Debug, Default)]
pub(crate) struct Lookout {
    trace: Option<Vec<String>>,
    list: DeviceList,
}

impl Lookout {
    /// All there are now, where that is not what was seen last. It asks the system, so it is not for threads that must
    /// not wait.
    pub(crate) fn look(&mut self) -> Option<DeviceList> {
        let trace = camera::trace();
        let first = self.trace.is_none();
        let cameras = if self.trace.as_ref() == Some(&trace) {
            self.list.cameras.clone()
        } else {
            camera::list()
        };
        self.trace = Some(trace);
        let (microphones, speakers) = sound::list();
        let list = DeviceList { cameras, microphones, speakers };
        let changed = first || list != self.list;
        self.list = list;
        changed.then(|| self.list.clone())
    }
}
