//! What is taken of a usual webcam, and by property of any.

use super::*;
use proptest::prelude::*;

fn format(width: u32, height: u32, fps: f64, coding: Coding) -> Format {
    Format { size: Size::new(width, height).unwrap(), fps, coding }
}

/// What a usual webcam offers: plain pictures slowly where they are large, JPEG at full speed.
fn webcam() -> Vec<Format> {
    vec![
        format(640, 480, 30.0, Coding::Yuyv),
        format(640, 360, 30.0, Coding::Yuyv),
        format(1280, 720, 10.0, Coding::Yuyv),
        format(1920, 1080, 5.0, Coding::Yuyv),
        format(640, 480, 30.0, Coding::Mjpeg),
        format(1280, 720, 30.0, Coding::Mjpeg),
        format(1280, 720, 60.0, Coding::Mjpeg),
        format(1920, 1080, 30.0, Coding::Mjpeg),
    ]
}

fn wish(least: Option<f64>, most: Option<f64>, ideal: Option<f64>, exact: Option<f64>) -> Wish {
    Wish { least, most, ideal, exact }
}

fn chosen(wishes: &Wishes) -> (u32, u32, f64, Coding) {
    let taken = choose(&webcam(), None, wishes).unwrap();
    (taken.size.width, taken.size.height, taken.fps, taken.format.coding)
}

#[test]
fn presets_take_what_is_nearest_and_cheapest() {
    for (preset, taken) in [
        (Preset::P360, (640, 360, 30.0, Coding::Yuyv)),
        (Preset::P720, (1280, 720, 30.0, Coding::Mjpeg)),
        (Preset::P1080, (1920, 1080, 30.0, Coding::Mjpeg)),
        (Preset::SaveData, (640, 360, 15.0, Coding::Yuyv)),
    ] {
        assert_eq!(chosen(&preset.into()), taken, "{preset:?}");
    }
}

#[test]
fn of_two_rates_the_one_that_needs_nothing_left_out_is_taken() {
    let taken = choose(&webcam(), None, &Preset::P720.into()).unwrap();
    assert_eq!(taken.format.fps, 30.0);
}

#[test]
fn where_nothing_is_wished_what_is_usual_is_taken_at_the_least_cost() {
    assert_eq!(chosen(&Wishes::default()), (640, 480, 30.0, Coding::Yuyv));
    // Slow ones would cost less.
    let no_faster = Wishes { fps: wish(None, Some(15.0), None, None), ..Wishes::default() };
    let slow = [1.0, 5.0, 15.0, 25.0].map(|fps| format(640, 480, fps, Coding::Yuyv));
    assert_eq!(choose(&slow, None, &no_faster).unwrap().fps, 15.0);
}

#[test]
fn a_camera_that_has_only_more_is_brought_down() {
    let only = [format(1920, 1080, 60.0, Coding::Mjpeg)];
    let wishes = Wishes {
        width: wish(None, None, None, Some(640.0)),
        height: wish(None, None, None, Some(360.0)),
        fps: wish(None, Some(24.0), None, None),
        ..Wishes::default()
    };
    let taken = choose(&only, None, &wishes).unwrap();
    assert_eq!((taken.size.width, taken.size.height, taken.fps), (640, 360, 24.0));
    assert_eq!(taken.format, only[0]);
}

#[test]
fn what_can_not_be_had_is_named() {
    let table = [
        (Wishes { width: wish(Some(3840.0), None, None, None), ..Wishes::default() }, Unmet::Width),
        (
            Wishes { height: wish(Some(2160.0), None, None, None), ..Wishes::default() },
            Unmet::Height,
        ),
        (Wishes { fps: wish(None, None, None, Some(120.0)), ..Wishes::default() }, Unmet::Fps),
        (Wishes { aspect: wish(None, None, None, Some(1.0)), ..Wishes::default() }, Unmet::Aspect),
        (Wishes { facing: Some((Facing::Back, true)), ..Wishes::default() }, Unmet::Facing),
        // Each alone can be had, both together can't.
        (
            Wishes {
                width: wish(Some(1900.0), None, None, None),
                fps: wish(Some(50.0), None, None, None),
                ..Wishes::default()
            },
            Unmet::Fps,
        ),
    ];
    for (wishes, unmet) in table {
        let got = choose(&webcam(), Some(Facing::Front), &wishes);
        let named = got.expect_err("a refusal");
        let both = matches!(unmet, Unmet::Fps) && named == Unmet::Width;
        assert!(named == unmet || both, "{wishes:?}: {named:?}");
    }
    assert_eq!(choose(&[], None, &Wishes::default()), Err(Unmet::Format));
}

#[test]
fn the_side_that_is_wished_comes_first_where_another_would_do() {
    let wishes = Wishes { facing: Some((Facing::Back, false)), ..Preset::P720.into() };
    let front = distance(&webcam(), Some(Facing::Front), &wishes).unwrap();
    let back = distance(&webcam(), Some(Facing::Back), &wishes).unwrap();
    assert!(back < front, "{back} {front}");
}

fn any_format() -> impl Strategy<Value = Format> {
    let coding =
        prop::sample::select(vec![Coding::Yuyv, Coding::Nv12, Coding::I420, Coding::Mjpeg]);
    (1_u32..2048, 1_u32..2048, 0.5_f64..120.0, coding)
        .prop_map(|(width, height, fps, coding)| format(width * 2, height * 2, fps, coding))
}

fn any_wish(most: f64) -> impl Strategy<Value = Wish> {
    let value = || prop::option::of(0.0..most);
    (value(), value(), value(), prop::option::weighted(0.2, 0.0..most))
        .prop_map(|(least, most, ideal, exact)| wish(least, most, ideal, exact))
}

fn any_wishes() -> impl Strategy<Value = Wishes> {
    (any_wish(4096.0), any_wish(4096.0), any_wish(120.0), any_wish(4.0)).prop_map(
        |(width, height, fps, aspect)| Wishes { width, height, fps, aspect, facing: None },
    )
}

proptest! {
    #[test]
    fn what_is_taken_meets_all_and_is_never_more_than_there_is(
        formats in prop::collection::vec(any_format(), 0..12),
        wishes in any_wishes(),
    ) {
        match choose(&formats, None, &wishes) {
            Ok(taken) => {
                prop_assert!(formats.contains(&taken.format));
                prop_assert_eq!(taken.unmet(&wishes).next(), None);
                prop_assert!(taken.size.width <= taken.format.size.width);
                prop_assert!(taken.size.height <= taken.format.size.height);
                prop_assert!(taken.fps <= taken.format.fps);
                // No format by itself would have been nearer.
                for format in &formats {
                    let plain = Taken { format: *format, size: format.size, fps: format.fps };
                    let met = plain.unmet(&wishes).next().is_none();
                    prop_assert!(!met || taken.distance(&wishes) <= plain.distance(&wishes));
                }
            }
            Err(Unmet::Format) => prop_assert!(formats.is_empty()),
            Err(_) => {
                for format in &formats {
                    let plain = Taken { format: *format, size: format.size, fps: format.fps };
                    prop_assert!(plain.unmet(&wishes).next().is_some());
                }
            }
        }
    }
}
