//! Finding the one who is meant by a few letters: a handle, a name, or a key or its beginning.

use visavis_engine::api::{ApiError, Code, PublicKey};

/// Someone who could be meant.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) key: PublicKey,
    pub(crate) handle: String,
    pub(crate) name: String,
}

/// The beginning of a key counts from this many letters on.
const KEY_LETTERS: usize = 8;

/// The one who is meant. A handle counts before a name, and a name before a key.
pub(crate) fn find(who: &str, among: &[Candidate]) -> Result<PublicKey, ApiError> {
    let wanted = who.trim().to_lowercase();
    let handle = wanted.trim_start_matches('@').split('@').next().unwrap_or_default();
    let is_key = |one: &&Candidate| {
        let key = one.key.to_string();
        who.trim().len() >= KEY_LETTERS && key.starts_with(who.trim())
    };
    let by_handle: Vec<_> = among.iter().filter(|one| one.handle == handle).collect();
    let by_name: Vec<_> = among.iter().filter(|one| one.name.to_lowercase() == wanted).collect();
    let by_key: Vec<_> = among.iter().filter(is_key).collect();
    let found = [by_handle, by_name, by_key].into_iter().find(|found| !found.is_empty());
    match found.unwrap_or_default().as_slice() {
        [one] => Ok(one.key),
        [] => Err(unknown(who, among)),
        several => {
            let handles: Vec<_> = several.iter().map(|one| one.handle.as_str()).collect();
            let say = format!("{who} could be any of: {}. Name the handle.", handles.join(", "));
            Err(ApiError::new(Code::NotFound, say))
        }
    }
}

fn unknown(who: &str, among: &[Candidate]) -> ApiError {
    let mut handles: Vec<_> = among.iter().take(20).map(|one| one.handle.as_str()).collect();
    if among.len() > handles.len() {
        handles.push("...");
    }
    let known = match handles.as_slice() {
        [] => "There is nobody yet.".to_owned(),
        handles => format!("There are: {}.", handles.join(", ")),
    };
    ApiError::new(Code::NotFound, format!("nobody here is called {who}. {known}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn town() -> Vec<Candidate> {
        let one = |byte, handle: &str, name: &str| Candidate {
            key: PublicKey([byte; 32]),
            handle: handle.to_owned(),
            name: name.to_owned(),
        };
        vec![
            one(1, "ana", "Ana"),
            one(2, "bo", "Ana"),
            one(3, "cy", "Cy of town"),
            one(4, "dee", "bo"),
        ]
    }

    #[test]
    fn a_handle_counts_before_a_name_and_a_name_before_a_key() {
        let found = |who: &str| find(who, &town()).map(|key| key.0[0]);
        assert_eq!(found("ana"), Ok(1));
        assert_eq!(found("@Bo"), Ok(2));
        assert_eq!(found("bo@call.example.org"), Ok(2));
        assert_eq!(found("cy OF town"), Ok(3));
        let key = PublicKey([4; 32]).to_string();
        assert_eq!(found(&key), Ok(4));
        assert_eq!(found(&key[..KEY_LETTERS]), Ok(4));
        assert!(found(&key[..KEY_LETTERS - 1]).is_err());
    }

    #[test]
    fn who_is_unknown_or_not_alone_is_said() {
        let said = |who: &str, among: &[Candidate]| find(who, among).unwrap_err().message;
        assert_eq!(said("zoe", &town()), "nobody here is called zoe. There are: ana, bo, cy, dee.");
        assert_eq!(said("zoe", &[]), "nobody here is called zoe. There is nobody yet.");
        let namesakes: Vec<_> =
            town().into_iter().map(|one| Candidate { name: "X".into(), ..one }).collect();
        assert!(said("x", &namesakes).contains("any of: ana, bo, cy, dee"));
    }
}
