//! The browser does what it is told, says what happens in it, and leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test, and should")]
#![cfg(target_os = "linux")]

use serde_json::json;
use std::path::PathBuf;
use visavis_chromium::{Camera, Chromium, Fault, Options, Pages};

const PAGE: &str =
    "<!doctype html><title>Here</title><style>body { margin: 0; background: #0a0 }</style>";

async fn pages() -> Pages {
    Pages::serve([("/", "text/html", PAGE), ("/other", "text/html", "<title>There</title>")])
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_told_what_to_do_and_tells_what_happens() {
    let pages = pages().await;
    let chromium = Chromium::start(Options::default()).await.unwrap();
    assert!(chromium.version().await.unwrap().contains("Chrome/"));
    let page = chromium.open(&pages.address("/")).await.unwrap();
    assert_eq!(page.evaluate("document.title").await.unwrap(), "Here");
    let later = "new Promise(done => setTimeout(() => done({ a: [1, null] }), 1))";
    assert_eq!(page.evaluate(later).await.unwrap(), json!({ "a": [1, null] }));
    let sum = page.call("async (a, b) => a + b.c", &[json!("x\"y"), json!({ "c": "z" })]).await;
    assert_eq!(sum.unwrap(), "x\"yz");

    // What is thrown is an error here, at once or later.
    for broken in ["nobody.there", "Promise.reject(new Error('nobody is there'))"] {
        let fault = page.evaluate(broken).await.unwrap_err();
        assert!(matches!(&fault, Fault::Thrown(why) if why.contains("nobody")), "{fault}");
    }
    page.evaluate("console.log('said', 7, { a: 1 })").await.unwrap();
    assert_eq!(page.console(), ["log: said 7 Object"]);

    // Calls come in order, in the next document too.
    let mut calls = page.calls("tell", 8).await.unwrap();
    page.evaluate("tell('plain'), tell(JSON.stringify({ n: 1 }))").await.unwrap();
    assert_eq!(calls.next().await.unwrap(), "plain");
    assert_eq!(calls.next().await.unwrap(), json!({ "n": 1 }));
    page.go(&pages.address("/other")).await.unwrap();
    page.evaluate("tell(document.title)").await.unwrap();
    assert_eq!(calls.next().await.unwrap(), "There");
    // And none is lost silently.
    page.evaluate("for (let n = 0; n < 9; n++) tell(String(n))").await.unwrap();
    assert_eq!(calls.next().await, Err(Fault::Missed(1)));

    // Pages don't hear each other.
    let second = chromium.open(&pages.address("/")).await.unwrap();
    let mut heard = second.calls("tell", 8).await.unwrap();
    second.evaluate("tell('second')").await.unwrap();
    assert_eq!(heard.next().await.unwrap(), "second");
    assert_eq!(page.evaluate("document.title").await.unwrap(), "There");
    second.close().await.unwrap();

    let nowhere = chromium.open("http://127.0.0.1:1/").await.unwrap_err();
    assert!(matches!(&nowhere, Fault::Refused(..)), "{nowhere}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_painted_though_nobody_sees_it() {
    let pages = pages().await;
    let chromium = Chromium::start(Options::default()).await.unwrap();
    let page = chromium.open(&pages.address("/")).await.unwrap();
    let picture = page.picture().await.unwrap();
    assert_eq!(picture[..8], *b"\x89PNG\r\n\x1a\n");
    // The page itself reads what was painted.
    let colour = page
        .call(
            "async bytes => {
                const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]))
                const canvas = new OffscreenCanvas(image.width, image.height)
                const context = canvas.getContext('2d')
                context.drawImage(image, 0, 0)
                return [...context.getImageData(image.width / 2, image.height / 2, 1, 1).data]
            }",
            &[json!(picture)],
        )
        .await;
    assert_eq!(colour.unwrap(), json!([0, 170, 0, 255]));
}

/// Waits for a picture of the camera, and gives its size and the colour of its middle.
const LOOK: &str = "async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true })
    const video = document.createElement('video')
    video.srcObject = stream
    const shown = new Promise(done => video.requestVideoFrameCallback(done))
    await video.play()
    await shown
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight)
    const context = canvas.getContext('2d')
    context.drawImage(video, 0, 0)
    const middle = context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data
    return { size: [canvas.width, canvas.height], middle: [...middle], sound: stream.getAudioTracks().length }
}";

#[tokio::test(flavor = "multi_thread")]
async fn the_camera_is_what_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("red.y4m");
    // Red, as I420 has it.
    let mut bytes = b"YUV4MPEG2 W320 H240 F30:1 Ip A1:1 C420jpeg\n".to_vec();
    for _ in 0..30 {
        bytes.extend_from_slice(b"FRAME\n");
        for (value, count) in [(81, 320 * 240), (90, 160 * 120), (240, 160 * 120)] {
            bytes.extend(std::iter::repeat_n(value, count));
        }
    }
    std::fs::write(&file, bytes).unwrap();
    let options = Options { camera: Camera::File(file), ..Options::default() };
    let pages = pages().await;
    let chromium = Chromium::start(options).await.unwrap();
    let page = chromium.open(&pages.address("/")).await.unwrap();
    let seen = page.call(LOOK, &[]).await.unwrap();
    assert_eq!(seen["size"], json!([320, 240]));
    assert_eq!(seen["sound"], 1);
    let [red, green, blue] = [0, 1, 2].map(|part| seen["middle"][part].as_u64().unwrap());
    assert!(red > 200 && green < 60 && blue < 60, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let chromium = Chromium::start(Options {
        more: vec![format!("--disk-cache-dir={}", folder.path().display())],
        ..Options::default()
    })
    .await
    .unwrap();
    let pages = pages().await;
    let page = chromium.open(&pages.address("/")).await.unwrap();
    let processes = chromium.processes();
    assert!(processes.len() > 2, "{processes:?}");
    let text = format!("{chromium:?}");
    let profile = PathBuf::from(text.trim_start_matches("Chromium(").trim_end_matches(')'));
    assert!(profile.join("Default").is_dir(), "{}", profile.display());
    drop(chromium);
    let alive = |process: &u32| {
        let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        !matches!(state.rsplit_once(") "), None | Some((_, "Z")))
            && !state.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'))
    };
    let left: Vec<_> = processes.into_iter().filter(alive).collect();
    assert!(left.is_empty(), "{left:?} live on");
    assert!(!profile.exists(), "{} is still there", profile.display());
    assert!(matches!(page.evaluate("1").await, Err(Fault::Gone(_))));
}

#[tokio::test]
async fn where_there_is_none_it_is_said_what_to_install() {
    let program = PathBuf::from("/nowhere/chromium");
    let fault = Chromium::start(Options { program, ..Options::default() }).await.unwrap_err();
    assert!(fault.to_string().ends_with("this needs the Debian package chromium"), "{fault}");
    let program = PathBuf::from("/bin/false");
    let fault = Chromium::start(Options { program, ..Options::default() }).await.unwrap_err();
    assert!(matches!(fault, Fault::NotReady(_)), "{fault}");
}
