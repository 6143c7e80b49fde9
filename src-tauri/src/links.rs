//! Addresses that somebody wrote in a message, handed to the system's browser once the user said so. The page shows where
//! they lead and asks; here it is looked again whether it is an address of the web and nothing else, because what is
//! handed to the system may start a program.

use tauri::Url;
use visavis_engine::api::{ApiError, Code};

/// None that is longer is opened.
const LONGEST: usize = 2_048;

/// Opens an address of the web in the system's browser.
#[tauri::command]
pub(crate) async fn open_link(address: String) -> Result<(), ApiError> {
    let odd = || ApiError::new(Code::AddressOdd, "that is no address of the web");
    let address = of_the_web(&address).ok_or_else(odd)?;
    let opened = tauri::async_runtime::spawn_blocking(move || open::that_detached(address));
    match opened.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(ApiError::new(Code::NotNow, format!("nothing opens it: {error}"))),
        Err(_) => Err(ApiError::new(Code::NotNow, "nothing opens it")),
    }
}

/// The address, if it is one of the web, spelled out in ASCII as the page spells it.
fn of_the_web(address: &str) -> Option<String> {
    let plain = address.len() <= LONGEST && address.bytes().all(|byte| byte.is_ascii_graphic());
    let url = Url::parse(address).ok().filter(|_| plain)?;
    let web = matches!(url.scheme(), "http" | "https");
    let somewhere = url.host_str().is_some_and(|host| !host.is_empty());
    (web && somewhere && url.as_str() == address).then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, of_the_web};

    #[test]
    fn only_addresses_of_the_web_are_opened() {
        let long = format!("https://example.org/{}", "a".repeat(LONGEST - 20));
        for address in [
            "https://example.org/",
            "http://example.org:8080/a?b=%20c#d",
            "https://bank.example@xn--80ak6aa92e.com/",
            "http://[::1]/",
            long.as_str(),
        ] {
            assert_eq!(of_the_web(address).as_deref(), Some(address));
        }
    }

    #[test]
    fn nothing_else_is_handed_to_the_system() {
        let long = format!("https://example.org/{}", "a".repeat(LONGEST - 19));
        for address in [
            "",
            "-e",
            "example.org",
            "/etc/passwd",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "visavis:add/ana",
            "mailto:a@b.c",
            "https://",
            "https:///example.org",
            " https://example.org/",
            "https://example.org/\n",
            "https://example.org/a b",
            "https://example.org/\u{202e}",
            "https://exa\u{0000}mple.org/",
            "https://bücher.example/",
            "HTTPS://example.org/",
            "https://EXAMPLE.org/",
            "https:\\\\example.org\\",
            long.as_str(),
        ] {
            assert_eq!(of_the_web(address), None, "{address:?}");
        }
    }
}
