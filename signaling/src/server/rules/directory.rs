//! Handles and the directory: taking a handle for good, looking one up, being found by name.
//! A handle belongs to the key that took it first; one that looks like another's, or like the server's own
//! words, is refused.

use super::{Answer, Asking, Ruling, Verdict};
use crate::protocol::{ErrorCode, Handle, HandleError, MAX_NAME};
use crate::server::records::Records;

/// No text to search for is longer, in bytes.
const MAX_QUERY: usize = 128;

impl<R: Records> Asking<'_, R> {
    pub(super) fn claim(&mut self, typed: &str) -> Ruling {
        let own = self.own()?;
        let handle: Handle = typed.parse().map_err(|error| match error {
            HandleError::Reserved => ErrorCode::HandleReserved,
            _ => ErrorCode::HandleInvalid,
        })?;
        match own.handle {
            Some(mine) if mine == handle => return Ok(Verdict::ok(Vec::new())),
            Some(_) => return Err(ErrorCode::HandleFixed.into()),
            None => {}
        }
        if handle.looks_reserved() {
            return Err(ErrorCode::HandleReserved.into());
        }
        if self.records.owner_of(&handle)?.is_some() {
            return Err(ErrorCode::HandleTaken.into());
        }
        if self.records.owner_of_skeleton(&handle.skeleton())?.is_some() {
            return Err(ErrorCode::HandleLookAlike.into());
        }
        self.records.set_handle(own.no, &handle)?;
        Ok(Verdict::ok(vec![self.self_changed()?]))
    }

    pub(super) fn look_up(&mut self, typed: &str) -> Ruling {
        // A reserved word is a well-formed handle that nobody has.
        let handle: Handle = typed.parse().map_err(|error| match error {
            HandleError::Reserved => ErrorCode::NotFound,
            _ => ErrorCode::HandleInvalid,
        })?;
        let owner = self.records.owner_of(&handle)?;
        let Some(person) = owner.and_then(|owner| owner.person()) else {
            let alike = self.records.owner_of_skeleton(&handle.skeleton())?;
            let code = alike.map_or(ErrorCode::NotFound, |_| ErrorCode::HandleLookAlike);
            return Err(code.into());
        };
        Ok(Verdict { answer: Answer::Found(person), news: Vec::new() })
    }

    pub(super) fn set_listing(&mut self, name: Option<&str>) -> Ruling {
        let own = self.own()?;
        if own.handle.is_none() {
            return Err(ErrorCode::HandleRequired.into());
        }
        let name = name.map(str::trim);
        if name.is_some_and(|name| !is_name(name)) {
            return Err(ErrorCode::NameInvalid.into());
        }
        if own.listing.as_deref() == name {
            return Ok(Verdict::ok(Vec::new()));
        }
        self.records.set_listing(own.no, name)?;
        Ok(Verdict::ok(vec![self.self_changed()?]))
    }

    pub(super) fn search(&mut self, query: &str, after: Option<&Handle>) -> Ruling {
        let query = query.trim().to_lowercase();
        if query.len() > MAX_QUERY {
            return Err(ErrorCode::NameInvalid.into());
        }
        let page = self.limits.directory_page;
        let mut people = self.records.search(&query, after, page + 1)?;
        let more = people.len() > page as usize;
        people.truncate(page as usize);
        Ok(Verdict { answer: Answer::Directory(people, more), news: Vec::new() })
    }
}

/// Whether a text may stand in the directory: not empty, not too long, and nothing in it that hides or
/// reorders text.
fn is_name(name: &str) -> bool {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
    };
    !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(odd)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_hide_nothing() {
        assert!(is_name("Ana Lí 李娜"));
        for odd in ["", "a\nb", "a\u{202e}b", "a\u{200b}", &"x".repeat(129)] {
            assert!(!is_name(odd), "{odd:?}");
        }
    }
}
