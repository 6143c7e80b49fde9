//! The system's clipboard, where WebKitGTK has no way for the page: of what was copied elsewhere it shows the page text alone,
//! and some time after a click it takes none. A picture is looked at only when the user pastes. What it holds is any
//! program's, so it goes the way of all pictures from outside: decoded by the engine, within its limits.

use tauri::AppHandle;

/// The picture that was copied, as that program coded it; nothing where it is none.
#[cfg(target_os = "linux")]
pub(crate) async fn picture(app: &AppHandle) -> Option<Vec<u8>> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    app.run_on_main_thread(move || {
        let clipboard = gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD);
        let png = gtk::gdk::Atom::intern("image/png");
        clipboard.request_contents(&png, move |_, copied| {
            // Below zero where that program has none.
            let bytes = if copied.length() > 0 { copied.data() } else { Vec::new() };
            // Nobody waits any more.
            let _ = answer.send(bytes);
        });
    })
    .ok()?;
    answered.await.ok().filter(|bytes| !bytes.is_empty())
}

/// Puts text there; whether that is done.
#[tauri::command]
pub(crate) async fn copy_text(text: String, app: AppHandle) -> bool {
    put_text(&app, text).await
}

#[cfg(target_os = "linux")]
async fn put_text(app: &AppHandle, text: String) -> bool {
    let (answer, answered) = tokio::sync::oneshot::channel();
    let asked = app.run_on_main_thread(move || {
        gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD).set_text(&text);
        // Nobody waits any more.
        let _ = answer.send(());
    });
    asked.is_ok() && answered.await.is_ok()
}

#[cfg(not(target_os = "linux"))]
async fn put_text(_app: &AppHandle, _text: String) -> bool {
    false
}

/// Puts a picture there, from PNG; gives it back where the page has to do that, or can.
#[cfg(target_os = "linux")]
pub(crate) async fn put(app: &AppHandle, png: Vec<u8>) -> Result<(), Vec<u8>> {
    use gtk::gdk_pixbuf::Pixbuf;
    let (answer, answered) = tokio::sync::oneshot::channel();
    let shown = png.clone();
    let asked = app.run_on_main_thread(move || {
        let picture = Pixbuf::from_read(std::io::Cursor::new(shown));
        let put = picture.map(|picture| {
            gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD).set_image(&picture);
        });
        // Nobody waits any more.
        let _ = answer.send(put.is_ok());
    });
    match asked.is_ok() && answered.await.unwrap_or(false) {
        true => Ok(()),
        false => Err(png),
    }
}

/// The page does it.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn put(_app: &AppHandle, png: Vec<u8>) -> Result<(), Vec<u8>> {
    Err(png)
}

/// The page has it already.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn picture(_app: &AppHandle) -> Option<Vec<u8>> {
    None
}
