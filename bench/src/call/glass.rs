//! How late pictures are on the glass: the code in each says when it was drawn; what is on the screen is looked at all
//! the time, in both windows in turn. Each picture counts once, when it is first seen.

use super::screen::{Part, Screen};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::time::sleep;
use visavis_engine::media::barcode::Found;

/// How long a window may take to show anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const BLINK: Duration = Duration::from_millis(2);
/// Around the code, in case it is seen slightly elsewhere.
const MARGIN: f32 = 12.0;

/// Waits until a window shows the other's picture; gives where its code is.
pub(super) async fn appears(screen: &Screen, window: usize) -> Result<Part, String> {
    let began = Instant::now();
    loop {
        if let Some(code) = others(&screen.codes(Screen::place(window))?) {
            return Ok(around(&code));
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("window {window} shows no picture of the other"));
        }
        sleep(BLINK).await;
    }
}

/// How late pictures were, in milliseconds, and how many a second were seen in each window.
pub(super) async fn look(screen: &Screen, time: Duration) -> Result<(Vec<f64>, f64), String> {
    let places = [appears(screen, 0).await?, appears(screen, 1).await?];
    let (mut late, mut last) = (Vec::new(), [None; 2]);
    let began = Instant::now();
    while began.elapsed() < time {
        for (window, place) in places.iter().enumerate() {
            let Some(code) = others(&screen.codes(*place)?) else { continue };
            if last[window] != Some(code.stamp.number) {
                last[window] = Some(code.stamp.number);
                late.push(now_ms() - code.stamp.time_ms as f64);
            }
        }
        sleep(BLINK).await;
    }
    let fps = late.len() as f64 / 2.0 / began.elapsed().as_secs_f64();
    Ok((late, fps))
}

/// The other's picture: the larger, and not mirrored, as one's own is.
fn others(codes: &[Found]) -> Option<Found> {
    let upright = codes.iter().filter(|code| !code.mirrored);
    upright.max_by(|a, b| a.width.total_cmp(&b.width)).copied()
}

fn around(code: &Found) -> Part {
    Part {
        left: (code.left - MARGIN).max(0.0) as i16,
        top: (code.top - MARGIN).max(0.0) as i16,
        width: (code.width + 2.0 * MARGIN) as u16,
        height: (code.height + 2.0 * MARGIN) as u16,
    }
}

fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0
}
