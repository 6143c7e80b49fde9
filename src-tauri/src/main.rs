//! The desktop shell: a window that shows the page, another that rings, and a door between page and engine.
//!
//! It decides nothing. Commands go in by `dispatch`, what changes comes out by `subscribe`, pictures by the
//! frame door, and when the window closes the engine is stopped before the process ends.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod arguments;
mod booth;
mod clipboard;
mod display;
mod files;
mod frames;
mod ipc;
mod leaving;
mod links;
mod pictures;
mod ring;
mod window;

use arguments::Arguments;
use clap::Parser;
use std::process::ExitCode;
use std::sync::Arc;
use tauri::{Manager, RunEvent};
use tracing::error;
use tracing_subscriber::EnvFilter;
use visavis_engine::quiet;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    display::prepare();
    let filter = EnvFilter::try_from_env("VISAVIS_LOG").unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(quiet(filter)).with_writer(std::io::stderr).init();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            error!(%problem, "the window could not be opened");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let options = arguments.options()?;
    let profile = options.data.clone();
    let door = Arc::new(ipc::Door::new(options));
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(Arc::clone(&door))
        .manage(leaving::Leaving::default())
        .invoke_handler(tauri::generate_handler![
            ipc::dispatch,
            ipc::subscribe,
            ipc::pictures,
            files::reveal,
            files::progress,
            links::open_link,
            clipboard::copy_text,
            booth::picture_glance,
            booth::picture_save,
            booth::picture_keep,
            booth::picture_copy,
            booth::picture_leave,
            pictures::thumbnail,
            pictures::keep_picture,
            pictures::copied_picture,
            pictures::discard_picture
        ])
        .setup(move |app| {
            // The engine starts while the window is being built.
            let ring = ring::Ring::new(app.handle().clone(), profile.clone());
            tauri::async_runtime::spawn(async move {
                let ringing = door.engine().await.ringing();
                ring.follow(ringing).await;
            });
            window::open(app.handle(), &profile, arguments.geometry)?;
            leaving::on_signal(app.handle().clone());
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|app, event| {
        if let RunEvent::ExitRequested { api, .. } = event
            && !app.state::<leaving::Leaving>().is_over()
        {
            api.prevent_exit();
            leaving::leave(app);
        }
    });
    Ok(())
}
