//! The test picture: colour bars and a marked corner on a soft ground, a ball on its way, a line that fills once a
//! second, and in the middle a [barcode](crate::media::barcode) of the picture's number and time. Only what moves
//! is drawn anew.

use super::{Moment, Source};
use crate::device::DeviceFault;
use crate::media::barcode::{self, Stamp};
use crate::media::picture::{Picture, Size};
use std::f64::consts::TAU;
use std::time::Duration;

/// White, yellow, cyan, green, magenta, red, blue, black: the bars of television, at three quarters.
const BARS: [[u8; 3]; 8] = [
    [180, 128, 128],
    [162, 44, 142],
    [131, 156, 44],
    [112, 72, 58],
    [84, 184, 198],
    [65, 100, 212],
    [35, 212, 114],
    [16, 128, 128],
];
const BALL: [u8; 3] = [170, 68, 172];
const MARK: [u8; 3] = [225, 120, 134];
const LINE: [u8; 3] = [210, 128, 128];
/// How long the ball takes from side to side and back, and up and down, in seconds.
const ACROSS: f64 = 5.0;
const DOWN: f64 = 3.1;

/// The test picture.
#[derive(Debug)]
pub(super) struct Pattern {
    size: Size,
    fps: u32,
    /// Without what moves.
    ground: Vec<u8>,
    canvas: Vec<u8>,
    /// Half the ball's width in each of its rows, from the top.
    ball: Vec<usize>,
    /// Where the ball was drawn last.
    last: Option<Area>,
}

/// Pixels from the left and top, to the right and bottom; all even.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Pattern {
    pub(super) fn new(size: Size, fps: u32) -> Self {
        let radius = (size.width.min(size.height) / 10).max(1) as usize;
        let squared = |a: usize| (a * a) as f64;
        let ball = (0..2 * radius)
            .map(|row| (squared(radius) - squared(row.abs_diff(radius))).max(0.0).sqrt() as usize)
            .collect();
        let ground = ground(size);
        Self { size, fps: fps.clamp(1, 120), canvas: ground.clone(), ground, ball, last: None }
    }

    fn draw(&mut self, moment: Moment) {
        if let Some(last) = self.last.take() {
            self.restore(last);
        }
        let seconds = moment.number as f64 / f64::from(self.fps);
        self.last = Some(self.draw_ball(seconds));
        self.draw_line((moment.number % u64::from(self.fps)) as usize + 1);
        let stamp = Stamp { number: moment.number as u32, time_ms: moment.wall_ms };
        barcode::draw(stamp, self.size, &mut self.canvas);
    }

    fn draw_ball(&mut self, seconds: f64) -> Area {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let radius = self.ball.len() / 2;
        let swing = |length: usize, period: f64| {
            let reach = (length / 2).saturating_sub(radius) as f64;
            (length as f64 / 2.0 + reach * (seconds * TAU / period).sin()) as usize
        };
        let (x, y) = (swing(width, ACROSS), swing(height, DOWN));
        let top = y.saturating_sub(radius);
        for (row, half) in self.ball.iter().enumerate().take(height.saturating_sub(top)) {
            let (left, right) = (x.saturating_sub(*half), (x + half).min(width));
            let [luma, u, v] = planes(&mut self.canvas, self.size);
            let line = top + row;
            luma[line * width..][left..right].fill(BALL[0]);
            if line % 2 == 0 {
                let half = line / 2 * (width / 2);
                u[half..][left / 2..right / 2].fill(BALL[1]);
                v[half..][left / 2..right / 2].fill(BALL[2]);
            }
        }
        let even = |from: usize| from / 2 * 2;
        let upto = |to: usize, most: usize| (to + 2).min(most);
        Area {
            left: even(x.saturating_sub(radius)),
            top: even(top),
            right: even(upto(x + radius, width)),
            bottom: even(upto(y + radius, height)),
        }
    }

    fn restore(&mut self, area: Area) {
        let size = self.size;
        let width = size.width as usize;
        let (luma, chroma) = (size.luma(), size.chroma());
        for (start, part) in [(0, 1), (luma, 2), (luma + chroma, 2)] {
            for row in area.top / part..area.bottom / part {
                let line = start + row * (width / part);
                let pixels = line + area.left / part..line + area.right / part;
                self.canvas[pixels.clone()].copy_from_slice(&self.ground[pixels]);
            }
        }
    }

    /// The line at the bottom fills once a second.
    fn draw_line(&mut self, pictures: usize) {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let thick = (height / 90).max(1);
        let filled = width * pictures / self.fps as usize;
        for row in height - thick..height {
            let line = &mut self.canvas[row * width..][..width];
            line[..filled].fill(LINE[0]);
            line[filled..].fill(40);
        }
    }
}

impl Source for Pattern {
    fn next_picture(&mut self, moment: Moment) -> Result<Option<Picture>, DeviceFault> {
        self.draw(moment);
        Ok(Picture::new(self.size, moment.taken_us, &self.canvas[..]))
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(1) / self.fps
    }
}

fn planes(bytes: &mut [u8], size: Size) -> [&mut [u8]; 3] {
    let (luma, colours) = bytes.split_at_mut(size.luma());
    let (u, v) = colours.split_at_mut(size.chroma());
    [luma, u, v]
}

/// A soft ground from blue to plum, colour bars above the bottom, and a mark in the upper left corner.
fn ground(size: Size) -> Vec<u8> {
    let mut bytes = vec![0; size.bytes()];
    let (width, height) = (size.width as usize, size.height as usize);
    let [luma, u, v] = planes(&mut bytes, size);
    let part =
        |x: usize, y: usize, across: usize, down: usize| (x * 128 / across + y * 128 / down) as u8;
    for y in 0..height {
        for (x, pixel) in luma[y * width..][..width].iter_mut().enumerate() {
            *pixel = 50 + part(x, y, width, height) / 4;
        }
    }
    let (half_width, half_height) = (width / 2, height / 2);
    for y in 0..half_height {
        for x in 0..half_width {
            let far = part(x, y, half_width, half_height);
            u[y * half_width + x] = 158 - far / 8;
            v[y * half_width + x] = 112 + far / 8;
        }
    }
    let mut fill = |x: usize, y: usize, [bright, blue, red]: [u8; 3]| {
        luma[y * width + x] = bright;
        u[y / 2 * half_width + x / 2] = blue;
        v[y / 2 * half_width + x / 2] = red;
    };
    for y in height - height / 6..height - height / 18 {
        for x in 0..width {
            fill(x, y, BARS[x * BARS.len() / width]);
        }
    }
    // A triangle that points up and to the left: whoever sees it elsewhere sees a turned picture.
    let (margin, side) = (height.min(width) / 24, height.min(width) / 8);
    for y in 0..side {
        for x in 0..side - y {
            fill(margin + x, margin + y, MARK);
        }
    }
    bytes
}
