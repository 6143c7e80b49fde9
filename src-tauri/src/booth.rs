//! Pictures that the user took: shown to the page small, and finished, saved, copied or made ready to be sent by the engine.
//! What the page draws on one comes as bytes behind a head in JSON, and goes into the picture alone.

use crate::clipboard;
use crate::ipc::Door;
use crate::pictures::{self, DECODING, KeptPicture};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use tauri::ipc::{Request, Response};
use tauri::{AppHandle, State};
use visavis_engine::api::{ApiError, Code, Filter};
use visavis_engine::engine::Booth;
use visavis_engine::media::print::{Finish, Kind};

/// Which picture, how it is to be, and where to; its caption follows.
#[derive(Debug, Deserialize)]
struct Head {
    id: String,
    look: Filter,
    mirrored: bool,
    #[serde(default)]
    kind: Kind,
    /// Where it is saved, or what it is called where it is sent.
    #[serde(default)]
    to: String,
}

/// A picture as it is wished, with where it goes.
struct Wish {
    id: String,
    finish: Finish,
    to: String,
}

impl Wish {
    fn read(request: &Request<'_>) -> Result<Self, ApiError> {
        let odd = |why: String| ApiError::new(Code::Internal, why);
        let body = pictures::body(request)?;
        let (head, caption) =
            pictures::apart(&body).ok_or_else(|| odd("the page sent no head".into()))?;
        let head: Head = serde_json::from_str(head).map_err(|error| odd(error.to_string()))?;
        let caption = (!caption.is_empty()).then(|| caption.to_vec());
        let finish = Finish { look: head.look, mirrored: head.mirrored, caption, kind: head.kind };
        Ok(Self { id: head.id, finish, to: head.to })
    }
}

/// Does what takes its time with the pictures, one at a time.
async fn with<T: Send + 'static>(
    door: &Door,
    work: impl FnOnce(&Booth) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let booth = door.engine().await.booth().clone();
    let _one = DECODING.lock().await;
    let done = tauri::async_runtime::spawn_blocking(move || work(&booth)).await;
    done.unwrap_or_else(|error| Err(ApiError::new(Code::Internal, error.to_string())))
}

/// A small one, as an address that holds it.
#[tauri::command]
pub(crate) async fn picture_glance(
    id: String,
    look: Filter,
    mirrored: bool,
    door: State<'_, Arc<Door>>,
) -> Result<String, ApiError> {
    let finish = Finish { look, mirrored, ..Finish::default() };
    let jpeg = with(&door, move |booth| booth.glance(&id, &finish)).await?;
    Ok(format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(jpeg)))
}

/// Saves one where the head says.
#[tauri::command]
pub(crate) async fn picture_save(
    request: Request<'_>,
    door: State<'_, Arc<Door>>,
) -> Result<(), ApiError> {
    let Wish { id, finish, to } = Wish::read(&request)?;
    with(&door, move |booth| booth.save(&id, &finish, &PathBuf::from(to))).await
}

/// Gives one a file by the name that the head says, to be sent.
#[tauri::command]
pub(crate) async fn picture_keep(
    request: Request<'_>,
    door: State<'_, Arc<Door>>,
) -> Result<KeptPicture, ApiError> {
    let Wish { id, finish, to } = Wish::read(&request)?;
    let bytes = with(&door, move |booth| booth.finish(&id, &finish)).await?;
    pictures::keep(&door, to, bytes).await
}

/// Puts one on the system's clipboard; gives it back, as PNG, where the page has to do that.
#[tauri::command]
pub(crate) async fn picture_copy(
    request: Request<'_>,
    app: AppHandle,
    door: State<'_, Arc<Door>>,
) -> Result<Response, ApiError> {
    let Wish { id, finish, .. } = Wish::read(&request)?;
    let finish = Finish { kind: Kind::Png, ..finish };
    let bytes = with(&door, move |booth| booth.finish(&id, &finish)).await?;
    match clipboard::put(&app, bytes).await {
        Ok(()) => Ok(Response::new(Vec::new())),
        Err(back) => Ok(Response::new(back)),
    }
}

/// One that is wanted no more.
#[tauri::command]
pub(crate) async fn picture_leave(id: String, door: State<'_, Arc<Door>>) -> Result<(), ApiError> {
    door.engine().await.booth().leave(&id);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Head;
    use visavis_engine::api::Filter;
    use visavis_engine::media::print::Kind;

    #[test]
    fn a_head_says_which_and_how() {
        let text =
            r#"{"id":"ab","look":"sepia","mirrored":true,"kind":"webp","to":"/home/ana/图.webp"}"#;
        let head: Head = serde_json::from_str(text).unwrap();
        assert_eq!((head.id.as_str(), head.look, head.mirrored), ("ab", Filter::Sepia, true));
        assert_eq!((head.kind, head.to.as_str()), (Kind::WebP, "/home/ana/图.webp"));
        assert!(serde_json::from_str::<Head>(r#"{"id":"ab","look":"x","mirrored":true}"#).is_err());
    }
}
