//! Still pictures for the page: small ones of files in transfers, and those that are pasted. The page never gets the bytes
//! of somebody else's file: they are decoded here, one picture at a time, and what it gets is coded anew.

use crate::clipboard;
use crate::files::place;
use crate::ipc::Door;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use std::sync::Arc;
use tauri::ipc::{InvokeBody, Request};
use tauri::{AppHandle, State};
use tokio::sync::Mutex;
use visavis_engine::api::{ApiError, Code};
use visavis_engine::engine::Kept;
use visavis_engine::media::still::{self, Still};

/// A head with a path in it is no longer.
const LONGEST_HEAD: usize = 8 * 1024;

/// Held while a picture is decoded, so that many at once take no more memory than one.
pub(crate) static DECODING: Mutex<()> = Mutex::const_new(());

/// A small picture of an item, as an address that holds it; nothing where the item is no picture.
#[tauri::command]
pub(crate) async fn thumbnail(
    key: String,
    id: String,
    item: usize,
    door: State<'_, Arc<Door>>,
) -> Result<Option<String>, ApiError> {
    let Some(path) = place(door.engine().await, &key, &id, item).await else { return Ok(None) };
    let _one = DECODING.lock().await;
    let looked = tauri::async_runtime::spawn_blocking(move || still::look_at(&path)).await;
    Ok(looked.ok().and_then(Result::ok).map(|still| address(&still)))
}

/// A pasted picture that has a file now.
#[derive(Debug, Serialize)]
pub(crate) struct KeptPicture {
    id: String,
    path: String,
    name: String,
    bytes: usize,
    /// A small one, as an address that holds it.
    small: String,
}

/// Gives a pasted picture a file: the body is its name, a line break, and its bytes.
#[tauri::command]
pub(crate) async fn keep_picture(
    request: Request<'_>,
    door: State<'_, Arc<Door>>,
) -> Result<KeptPicture, ApiError> {
    let none = |why: &str| ApiError::new(Code::NothingToSend, why);
    let body = body(&request)?;
    let (name, bytes) = apart(&body).ok_or_else(|| none("the page sent no name"))?;
    keep(&door, name.to_owned(), bytes.to_vec()).await
}

/// The bytes that came with a request.
pub(crate) fn body(request: &Request<'_>) -> Result<Vec<u8>, ApiError> {
    match request.body() {
        InvokeBody::Raw(body) => Ok(body.clone()),
        // Where the system's web view takes no bytes, they come as a list of numbers.
        InvokeBody::Json(list) => serde_json::from_value(list.clone())
            .map_err(|_| ApiError::new(Code::NothingToSend, "the page sent no bytes")),
    }
}

/// Gives the picture on the system's clipboard a file; nothing where there is none that the page doesn't have by itself.
#[tauri::command]
pub(crate) async fn copied_picture(
    name: String,
    app: AppHandle,
    door: State<'_, Arc<Door>>,
) -> Result<Option<KeptPicture>, ApiError> {
    let Some(bytes) = clipboard::picture(&app).await else { return Ok(None) };
    keep(&door, name, bytes).await.map(Some)
}

/// Gives a picture a file by this name.
pub(crate) async fn keep(
    door: &Door,
    name: String,
    bytes: Vec<u8>,
) -> Result<KeptPicture, ApiError> {
    let none = |why: &str| ApiError::new(Code::NothingToSend, why);
    let pasted = door.engine().await.pasted().clone();
    let _one = DECODING.lock().await;
    let keeping = tauri::async_runtime::spawn_blocking(move || -> Result<_, ApiError> {
        let kept: Kept = pasted.keep(&name, &bytes)?;
        let file = kept.path.file_name().unwrap_or_default();
        let path = kept.path.to_str().ok_or_else(|| none("the profile's path is no text"))?;
        Ok(KeptPicture {
            name: file.to_string_lossy().into_owned(),
            path: path.to_owned(),
            bytes: bytes.len(),
            small: address(&kept.still),
            id: kept.id,
        })
    });
    keeping.await.unwrap_or_else(|_| Err(none("the picture can't be decoded")))
}

/// Takes a pasted picture away that is not sent after all.
#[tauri::command]
pub(crate) async fn discard_picture(
    id: String,
    door: State<'_, Arc<Door>>,
) -> Result<(), ApiError> {
    let pasted = door.engine().await.pasted().clone();
    let gone = tauri::async_runtime::spawn_blocking(move || pasted.discard(&id)).await;
    gone.map_err(|error| ApiError::new(Code::Internal, error.to_string()))
}

/// A head that is text, and what follows its line.
pub(crate) fn apart(body: &[u8]) -> Option<(&str, &[u8])> {
    let end = body.iter().take(LONGEST_HEAD).position(|byte| *byte == b'\n')?;
    let (name, bytes) = body.split_at(end);
    Some((std::str::from_utf8(name).ok()?, &bytes[1..]))
}

fn address(still: &Still) -> String {
    format!("data:{};base64,{}", still.small_kind, BASE64_STANDARD.encode(&still.small))
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_HEAD, address, apart};
    use visavis_engine::media::still::Still;

    #[test]
    fn a_body_is_a_name_and_bytes() {
        assert_eq!(apart("图\n\n\x01".as_bytes()), Some(("图", &b"\n\x01"[..])));
        assert_eq!(apart(b"name\n"), Some(("name", &b""[..])));
        assert_eq!(apart(b"no end"), None);
        assert_eq!(apart(b"\xff\n"), None);
        assert_eq!(apart(&[b'a'; 2 * LONGEST_HEAD]), None);
    }

    #[test]
    fn a_small_picture_is_an_address_that_holds_it() {
        let still = Still { ending: "png", small_kind: "image/jpeg", small: vec![0, 1, 2] };
        assert_eq!(address(&still), "data:image/jpeg;base64,AAEC");
    }
}
