//! How a person looks at the page: scripts that run in it.

/// `all` and `visible` find what can be seen, `said` is what it says: its words, or what a field holds.
const EYES: &str = "
    const all = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
    const visible = (selector) => all(selector)[0];
    const said = (e) => (['INPUT', 'TEXTAREA', 'SELECT'].includes(e.tagName) ? e.value : e.innerText);
";

/// A script that answers a question about the page as it is now.
pub(crate) fn look(question: &str) -> String {
    format!("{EYES} return {question};")
}

/// A script that answers true once a condition holds, or false after as many milliseconds as its argument
/// says. It looks whenever the page changes, a field is written in, the focus moves or a motion ends.
pub(crate) fn wait_until(condition: &str) -> String {
    format!(
        "{EYES}
        const [millis, done] = arguments;
        const holds = () => {condition};
        if (holds()) return done(true);
        const events = ['input', 'change', 'focusin', 'focusout', 'transitionend', 'animationend'];
        const end = (held) => {{
            observer.disconnect();
            clearTimeout(deadline);
            for (const event of events) document.removeEventListener(event, look, true);
            done(held);
        }};
        const look = () => holds() && end(true);
        const observer = new MutationObserver(look);
        const everything = {{ subtree: true, childList: true, attributes: true, characterData: true }};
        observer.observe(document, everything);
        for (const event of events) document.addEventListener(event, look, true);
        const deadline = setTimeout(() => end(holds()), millis);"
    )
}
