//! What the shell itself answers for: the window opens, the page speaks to the engine, and it closes.

use crate::person::Person;
use crate::stage::play;
use serde_json::{Value, json};

/// Calls one of the shell's commands as the page does, and answers `[worked, result]`.
const INVOKE: &str = "
    const [name, input, done] = arguments;
    const { invoke } = window.__TAURI_INTERNALS__;
    invoke(name, input).then((reply) => done([true, reply]), (error) => done([false, error]));
";

async fn invoke(person: &Person, name: &str, input: Value) -> (bool, Value) {
    let answer = person.asks_page(INVOKE, vec![json!(name), input]).await;
    (answer[0].as_bool().unwrap(), answer[1].clone())
}

#[test]
fn the_window_opens_and_the_page_speaks_to_the_engine() {
    play("opens", async |stage| {
        let ana = Person::new(stage, "ana").await;
        ana.waits_until("document.readyState === 'complete'").await;
        let found = stage.xdotool(&["search", "--onlyvisible", "--name", "^Visavis$"]);
        assert_eq!(found.lines().count(), 1, "windows: {found:?}");

        let wave = json!({ "command": { "type": "wave", "key": "A".repeat(43) } });
        let (worked, refused) = invoke(&ana, "dispatch", wave).await;
        assert!(!worked, "{refused}");
        assert!(refused["code"].is_string() && refused["message"].is_string(), "{refused}");
    });
}

#[test]
fn nothing_but_the_two_commands_is_there() {
    play("closed", async |stage| {
        let ana = Person::new(stage, "ana").await;
        for name in ["plugin:dialog|message", "plugin:window|close", "plugin:fs|read_file", "stop"]
        {
            let (worked, why) = invoke(&ana, name, json!({})).await;
            assert!(!worked, "the page may call {name}: {why}");
        }
    });
}

#[test]
fn closing_the_window_ends_the_app() {
    play("closes", async |stage| {
        let ana = Person::new(stage, "ana").await;
        let app = ana.app().unwrap();
        let window = stage.xdotool(&["search", "--onlyvisible", "--name", "^Visavis$"]);
        stage.xdotool(&["windowactivate", "--sync", window.trim(), "key", "alt+F4"]);
        ana.has_left(app).await;
    });
}
