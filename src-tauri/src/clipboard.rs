//! A picture on the system's clipboard, for systems whose web view shows the page none of what was copied elsewhere but
//! text: WebKitGTK. It is looked at only when the user pastes. What it holds is any program's, so it goes the way of all
//! pictures from outside: decoded by the engine, within its limits.

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

/// The page has it already.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn picture(_app: &AppHandle) -> Option<Vec<u8>> {
    None
}
