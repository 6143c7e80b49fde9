//! The desktop shell: a window that shows the page, and a door between the page and the engine.
//!
//! It decides nothing. Commands go in by `dispatch`, what changes comes out by `subscribe`, and when the
//! last window closes the engine is stopped before the process ends.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod arguments;
mod display;
mod ipc;
mod leaving;
mod window;

use arguments::Arguments;
use clap::Parser;
use std::process::ExitCode;
use std::sync::Arc;
use tauri::{Manager, RunEvent};
use tracing::error;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    display::prepare();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("VISAVIS_LOG").unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
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
        .invoke_handler(tauri::generate_handler![ipc::dispatch, ipc::subscribe])
        .setup(move |app| {
            // The engine starts while the window is being built.
            tauri::async_runtime::spawn(async move {
                door.engine().await;
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
