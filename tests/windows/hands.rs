//! Whether a person's hands and eyes do what the scenarios take for granted, on a page made for it: a
//! scenario that passes because a click went nowhere would say nothing.

use crate::person::Person;
use crate::stage::play;
use fantoccini::key::Key;
use serde_json::{Value, json};

/// A page that writes down what happens to it.
const PAGE: &str = "
    const [done] = arguments;
    document.body.innerHTML = `
        <input data-test=field value=old><select data-test=choice><option value=a>A<option value=b>B</select>
        <button data-test=button>Press</button><button data-test=hidden style='display: none'>No</button>
        <p data-test=seen></p>`;
    const seen = document.querySelector('[data-test=seen]');
    const note = (event) => {
        const key = event.type === 'keydown' ? (event.ctrlKey ? ' ctrl+' : ' ') + event.key : '';
        seen.append(event.type + key + (event.isTrusted ? '' : ' (forged)') + '; ');
    };
    for (const type of ['click', 'dblclick', 'keydown', 'change']) document.addEventListener(type, note);
    done(true);
";

async fn show_page(person: &Person) {
    assert_eq!(person.asks_page(PAGE, vec![]).await, Value::Bool(true));
}

#[test]
fn hands_reach_the_page_as_a_persons_do() {
    play("hands", async |stage| {
        let ana = Person::new(stage, "ana").await;
        show_page(&ana).await;
        ana.double_clicks("@button").await;
        ana.reads("@seen", "click; click; dblclick;").await;

        show_page(&ana).await;
        ana.types("@field", "new").await;
        ana.waits_until("said(visible('[data-test=field]')) === 'new'").await;
        ana.focuses("@field").await;
        ana.holds_and_presses(char::from(Key::Control), 'k').await;
        ana.reads("@seen", "keydown ctrl+k;").await;
        ana.reaches("@button").await;
        ana.presses(&char::from(Key::Enter).to_string()).await;
        ana.reads("@seen", "keydown Enter; click;").await;

        show_page(&ana).await;
        ana.chooses("@choice", "b").await;
        ana.reads("@seen", "change;").await;
        assert!(!ana.page().await.contains("forged"), "{}", ana.page().await);
    });
}

#[test]
fn eyes_see_what_is_there_and_when_it_comes() {
    play("eyes", async |stage| {
        let ana = Person::new(stage, "ana").await;
        show_page(&ana).await;
        assert_eq!(ana.counts("@button").await, 1);
        assert_eq!(ana.counts("@hidden").await, 0, "nobody sees what is hidden");
        ana.misses("@hidden").await;
        let later = "
            const [millis, done] = arguments;
            setTimeout(() => document.querySelector('[data-test=hidden]').style.display = '', millis);
            done(null);
        ";
        ana.asks_page(later, vec![json!(50)]).await;
        ana.sees("@hidden").await;
        ana.reads("@hidden", "No").await;
    });
}
