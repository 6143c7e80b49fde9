//! Screens and windows of an X server. Pixels come through memory that is shared with it, or over the connection where that
//! can't be had; a window's own pixels are asked for, so that what lies over it doesn't show. What an X server says may be
//! any other program's words: sizes and counts are checked.

mod pixels;

use super::super::camera::{Moment, Source};
use super::super::{DeviceFault, DeviceUri};
use super::Showable;
use crate::media::picture::Picture;
use pixels::Pixels;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::ReplyError;
use x11rb::protocol::composite::{self, ConnectionExt as _, Redirect};
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xfixes::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, Drawable, ImageFormat, ImageOrder, MapState, Pixmap, Window,
};
use x11rb::rust_connection::RustConnection;

const FPS: u32 = 30;
/// So many windows are listed at most, and so much of a name.
const WINDOWS: usize = 200;
const NAME: u32 = 256;
/// The largest side of what is shown.
const MOST: u16 = 16_384;

type Answer<T> = Result<T, ReplyError>;

/// A connection to an X server.
struct Server {
    connection: RustConnection,
    root: Window,
    size: (u16, u16),
}

impl Server {
    fn connect(display: Option<&str>) -> Result<Self, DeviceFault> {
        let none = |reason: String| DeviceFault::Failed { device: "screen:".to_owned(), reason };
        let (connection, screen) =
            RustConnection::connect(display).map_err(|error| none(error.to_string()))?;
        let setup = connection.setup();
        let little = setup.image_byte_order == ImageOrder::LSB_FIRST;
        let format = setup.pixmap_formats.iter().find(|format| format.depth == 24);
        let screen = setup.roots.get(screen).ok_or_else(|| none("no screen".to_owned()))?;
        if !little || screen.root_depth != 24 || format.is_none_or(|one| one.bits_per_pixel != 32) {
            return Err(none("the screen has other colours than 32 bits a pixel".to_owned()));
        }
        let (root, size) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
        // Both have to be told which version is meant before they answer anything else.
        let told = connection.xfixes_query_version(5, 0).map_err(ReplyError::from);
        let told = told.and_then(|cookie| cookie.reply().map(drop));
        let named = connection.composite_query_version(0, 4).map_err(ReplyError::from);
        let named = named.and_then(|cookie| cookie.reply().map(drop));
        told.and(named).map_err(|error| none(error.to_string()))?;
        Ok(Self { connection, root, size })
    }

    fn atom(&self, name: &str) -> Answer<Atom> {
        Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }

    /// Each monitor's name and where it is; the whole screen where there are none.
    fn monitors(&self) -> Answer<Vec<(String, Area)>> {
        let found = self.connection.randr_get_monitors(self.root, true)?.reply()?;
        let mut monitors = Vec::new();
        for one in found.monitors {
            let name = self.connection.get_atom_name(one.name)?.reply()?.name;
            let area = Area { x: one.x, y: one.y, width: one.width, height: one.height };
            if let Some(area) = area.within(self.size) {
                monitors.push((String::from_utf8_lossy(&name).into_owned(), area));
            }
        }
        if monitors.is_empty() {
            let (width, height) = self.size;
            monitors.push(("all".to_owned(), Area { x: 0, y: 0, width, height }));
        }
        Ok(monitors)
    }

    fn numbers(&self, window: Window, property: &str, most: u32) -> Answer<Vec<u32>> {
        let property = self.atom(property)?;
        let kind = AtomEnum::ANY;
        let reply =
            self.connection.get_property(false, window, property, kind, 0, most)?.reply()?;
        Ok(reply.value32().map(Iterator::collect).unwrap_or_default())
    }

    fn words(&self, window: Window, property: Atom) -> Answer<String> {
        let kind = AtomEnum::ANY;
        let reply =
            self.connection.get_property(false, window, property, kind, 0, NAME)?.reply()?;
        let words = String::from_utf8_lossy(&reply.value);
        Ok(words.chars().filter(|one| !one.is_control()).collect())
    }

    /// The windows that a window manager knows, or else those on the screen, from the top down.
    fn windows(&self) -> Answer<Vec<Window>> {
        let most = u32::try_from(WINDOWS).unwrap_or(u32::MAX);
        let mut windows = self.numbers(self.root, "_NET_CLIENT_LIST_STACKING", most)?;
        if windows.is_empty() {
            windows = self.connection.query_tree(self.root)?.reply()?.children;
        }
        windows.reverse();
        windows.truncate(WINDOWS);
        Ok(windows)
    }

    /// A window that can be shown; none where it is this program's, is not to be seen, or has no name.
    fn showable(&self, window: Window) -> Answer<Option<Showable>> {
        let seen = self.connection.get_window_attributes(window)?.reply()?.map_state;
        let owner = self.numbers(window, "_NET_WM_PID", 1)?;
        if seen != MapState::VIEWABLE || owner.first() == Some(&std::process::id()) {
            return Ok(None);
        }
        let mut name = self.words(window, self.atom("_NET_WM_NAME")?)?;
        if name.is_empty() {
            name = self.words(window, AtomEnum::WM_NAME.into())?;
        }
        let size = self.connection.get_geometry(window)?.reply()?;
        let uri = DeviceUri::Window(window).to_string();
        let (width, height) = (size.width.into(), size.height.into());
        let fits = !name.is_empty() && width >= 2 && height >= 2;
        Ok(fits.then_some(Showable { uri, name, window: true, width, height }))
    }
}

pub(super) fn list(display: Option<&str>) -> Result<Vec<Showable>, DeviceFault> {
    let server = Server::connect(display)?;
    let failed = |error: ReplyError| fault("screen:", &error);
    let mut all = Vec::new();
    for (name, area) in server.monitors().map_err(failed)? {
        let uri = DeviceUri::Screen(name.clone()).to_string();
        let (width, height) = (area.width.into(), area.height.into());
        all.push(Showable { uri, name, window: false, width, height });
    }
    for window in server.windows().map_err(failed)? {
        match server.showable(window) {
            Ok(found) => all.extend(found),
            // It went while it was looked at.
            Err(ReplyError::X11Error(_)) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(all)
}

/// A part of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    x: i16,
    y: i16,
    width: u16,
    height: u16,
}

impl Area {
    /// What of it is on a screen of this size; none where that is nothing.
    fn within(self, (width, height): (u16, u16)) -> Option<Self> {
        let cut = |start: i16, length: u16, whole: u16| {
            let begin = i32::from(start).max(0);
            let end = (i32::from(start) + i32::from(length)).min(whole.into());
            let length = u16::try_from(end - begin).ok().filter(|length| *length >= 2)?;
            Some((i16::try_from(begin).ok()?, length.min(MOST)))
        };
        let ((x, width), (y, height)) =
            (cut(self.x, self.width, width)?, cut(self.y, self.height, height)?);
        Some(Self { x, y, width, height })
    }
}

/// What is shown.
enum Target {
    Monitor,
    /// With its own pixels, while it has some.
    Window(Window, Option<Pixmap>),
}

/// Memory that the server writes into.
struct Shared {
    segment: shm::Seg,
    memory: File,
    bytes: u32,
}

/// A screen or window that is shown.
pub(super) struct Capture {
    server: Server,
    device: String,
    target: Target,
    area: Area,
    shared: Option<Shared>,
    pixels: Pixels,
    last: Option<Picture>,
}

pub(super) fn source(display: Option<&str>, uri: &DeviceUri) -> Result<Capture, DeviceFault> {
    let (server, device) = (Server::connect(display)?, uri.to_string());
    let failed = |error: ReplyError| fault(&device, &error);
    let missing = || DeviceFault::Missing { device: device.clone() };
    let (target, area) = match uri {
        DeviceUri::Screen(name) => {
            let monitors = server.monitors().map_err(failed)?;
            let found = monitors.into_iter().find(|(other, _)| other == name);
            let (_, area) = found.ok_or_else(missing)?;
            (Target::Monitor, area)
        }
        DeviceUri::Window(window) => {
            let area = server.place_of(*window).map_err(failed)?.ok_or_else(missing)?;
            // The server keeps its pixels then, also where other windows lie over it.
            let redirected =
                server.connection.composite_redirect_window(*window, Redirect::AUTOMATIC);
            redirected
                .map_err(ReplyError::from)
                .and_then(|cookie| cookie.check())
                .map_err(failed)?;
            (Target::Window(*window, None), area)
        }
        _ => return Err(missing()),
    };
    let pixels = Pixels::default();
    Ok(Capture { server, device, target, area, shared: None, pixels, last: None })
}

impl Server {
    /// Where a window lies on the screen, and how large it is; none where that is nothing.
    fn place_of(&self, window: Window) -> Answer<Option<Area>> {
        let size = self.connection.get_geometry(window)?.reply()?;
        let place = self.connection.translate_coordinates(window, self.root, 0, 0)?.reply()?;
        let (width, height) = (size.width.min(MOST), size.height.min(MOST));
        let area = Area { x: place.dst_x, y: place.dst_y, width, height };
        Ok((area.width >= 2 && area.height >= 2).then_some(area))
    }
}

impl Capture {
    /// What is drawn from: the whole screen, or the pixels of a window. None while a window has none.
    fn drawable(&mut self) -> Answer<Option<(Drawable, i16, i16)>> {
        let connection = &self.server.connection;
        let Target::Window(window, pixmap) = &mut self.target else {
            return Ok(Some((self.server.root, self.area.x, self.area.y)));
        };
        let seen = connection.get_window_attributes(*window)?.reply()?.map_state;
        let Some(area) = self.server.place_of(*window)? else { return Ok(None) };
        let same = (area.width, area.height) == (self.area.width, self.area.height);
        self.area = area;
        if seen != MapState::VIEWABLE {
            free(connection, pixmap.take())?;
            return Ok(None);
        }
        // The pixels of another size are others.
        if !same {
            free(connection, pixmap.take())?;
        }
        let own = match *pixmap {
            Some(own) => own,
            None => {
                let id = connection.generate_id().map_err(|_| broken())?;
                composite::name_window_pixmap(connection, *window, id)?.check()?;
                *pixmap.insert(id)
            }
        };
        // A frame around it belongs to its pixels.
        let border = i16::try_from(connection.get_geometry(*window)?.reply()?.border_width);
        let border = border.unwrap_or_default();
        Ok(Some((own, border, border)))
    }

    fn grab(&mut self) -> Answer<bool> {
        let Some((drawable, x, y)) = self.drawable()? else { return Ok(false) };
        let Area { width, height, .. } = self.area;
        let bytes = u32::from(width) * u32::from(height) * 4;
        self.share(bytes)?;
        let connection = &self.server.connection;
        let into = self.pixels.sized(width, height);
        match &self.shared {
            Some(Shared { segment, memory, .. }) => {
                let format = ImageFormat::Z_PIXMAP.into();
                let image = connection
                    .shm_get_image(drawable, x, y, width, height, !0, format, *segment, 0)?;
                image.reply()?;
                memory.read_exact_at(into, 0).map_err(x11rb::errors::ConnectionError::from)?;
            }
            None => {
                let format = ImageFormat::Z_PIXMAP;
                let image = connection.get_image(format, drawable, x, y, width, height, !0)?;
                let image = image.reply()?;
                let there = into.len().min(image.data.len());
                into[..there].copy_from_slice(&image.data[..there]);
            }
        }
        self.draw_pointer()?;
        Ok(true)
    }

    /// Shares so much memory with the server, where it has a way to.
    fn share(&mut self, bytes: u32) -> Answer<()> {
        let connection = &self.server.connection;
        if self.shared.as_ref().is_some_and(|shared| shared.bytes >= bytes) {
            return Ok(());
        }
        if let Some(old) = self.shared.take() {
            shm::detach(connection, old.segment)?;
        }
        if connection.extension_information(shm::X11_EXTENSION_NAME)?.is_none() {
            return Ok(());
        }
        let segment = connection.generate_id().map_err(|_| broken())?;
        match connection.shm_create_segment(segment, bytes, false)?.reply() {
            Ok(made) => {
                let memory = File::from(made.shm_fd);
                self.shared = Some(Shared { segment, memory, bytes });
                Ok(())
            }
            // A server elsewhere, or an old one.
            Err(ReplyError::X11Error(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn draw_pointer(&mut self) -> Answer<()> {
        let pointer = xfixes::get_cursor_image(&self.server.connection)?.reply()?;
        let left = i32::from(pointer.x) - i32::from(pointer.xhot) - i32::from(self.area.x);
        let top = i32::from(pointer.y) - i32::from(pointer.yhot) - i32::from(self.area.y);
        self.pixels.lay(&pointer.cursor_image, pointer.width, left, top);
        Ok(())
    }
}

impl Source for Capture {
    fn next_picture(&mut self, moment: Moment) -> Result<Option<Picture>, DeviceFault> {
        match self.grab() {
            Ok(true) => {
                let picture = self.pixels.picture(moment.taken_us);
                let reason = "it is too small".to_owned();
                let device = self.device.clone();
                let picture = picture.ok_or(DeviceFault::Failed { device, reason })?;
                self.last = Some(picture.clone());
                Ok(Some(picture))
            }
            // A window that is put away shows what it showed last.
            Ok(false) => {
                let nothing = || DeviceFault::Missing { device: self.device.clone() };
                let last = self.last.clone().ok_or_else(nothing)?;
                Ok(Some(last.taken_at(moment.taken_us)))
            }
            Err(error) => Err(fault(&self.device, &error)),
        }
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(1) / FPS
    }
}

fn free(connection: &RustConnection, pixmap: Option<Pixmap>) -> Answer<()> {
    if let Some(pixmap) = pixmap {
        connection.free_pixmap(pixmap)?;
    }
    Ok(())
}

fn broken() -> ReplyError {
    ReplyError::ConnectionError(x11rb::errors::ConnectionError::UnknownError)
}

/// What the server refuses is a screen or window that has gone.
fn fault(device: &str, error: &ReplyError) -> DeviceFault {
    let device = device.to_owned();
    match error {
        ReplyError::X11Error(_) => DeviceFault::Missing { device },
        ReplyError::ConnectionError(_) => DeviceFault::Failed { device, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::Area;

    #[test]
    fn only_what_is_on_the_screen_is_taken() {
        let area = |x, y, width, height| Area { x, y, width, height };
        let screen = (1920, 1080);
        assert_eq!(area(0, 0, 1920, 1080).within(screen), Some(area(0, 0, 1920, 1080)));
        assert_eq!(area(-10, 1000, 100, 200).within(screen), Some(area(0, 1000, 90, 80)));
        assert_eq!(area(1919, 0, 100, 100).within(screen), None);
        assert_eq!(area(-100, 0, 100, 100).within(screen), None);
    }
}
