//! Puts the page and what it may do into the app.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=ui/dist");
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    if !Path::new("ui/dist/index.html").exists() {
        println!(
            "cargo:error=The page is not built yet: ui/dist/index.html is missing. Run ./dev run, or \
             npm install && npm run build in ui/, then build again."
        );
        return;
    }
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        .app_manifest(tauri_build::AppManifest::new());
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:error={}", format!("{error:#}").replace('\n', " "));
    }
}
