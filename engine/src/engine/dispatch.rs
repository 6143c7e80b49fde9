//! Commands: what each asks of whom, after what can be checked here has been checked.

use super::answers::{Done, Pending};
use super::desk::{Asker, Desk};
use super::folder::blocking;
use super::letter::{Letter, MAX_NAME, MAX_NOTE, tidy};
use super::people::{new_person, shown_name};
use crate::api::{ApiError, Code, Command, Event, PublicKey, QrCode, Reply, SafetyNumber};
use crate::call::machine::Input as CallInput;
use crate::identity::{Identity, backup, safety_number};
use crate::session::address::{AddressError, PersonAddress};
use crate::session::machine::Input;
use crate::store::people::{Person, Relation};
use crate::store::profile::{self, Value};
use qrcodegen::{QrCode as Qr, QrCodeEcc};
use std::path::PathBuf;
use std::sync::Arc;
use visavis_signaling::protocol::{ClientMessage, Handle, HandleError};

/// A request to the server, or the reply at once.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Step {
    Reply(Reply),
    Ask(Box<ClientMessage>, Done),
}

impl Desk {
    pub(super) async fn dispatch(&mut self, command: Command, asker: Asker) {
        if self.board.look(|state| state.fatal.is_some()) && !mends(&command) {
            let error = ApiError::new(Code::NotNow, "the profile can't be used");
            return drop(asker.send(Err(error)));
        }
        let step = match command {
            Command::UseServer { choice, invite } => {
                return match self.use_server(choice, invite, asker).await {
                    Ok(()) => {}
                    Err((asker, error)) => drop(asker.send(Err(error))),
                };
            }
            Command::CheckHandle { handle } => match read_handle(&handle) {
                Ok(handle) => {
                    let look_up = ClientMessage::LookUp { id: 0, handle: handle.to_string() };
                    return self.ask(look_up, Pending::Check(handle, asker)).await;
                }
                Err(error) => Err(error),
            },
            Command::RequestContact { address, note } => match self.find(&address, &note) {
                Ok((handle, key)) => {
                    let look_up = ClientMessage::LookUp { id: 0, handle: handle.to_string() };
                    let note = tidy(&note, MAX_NOTE);
                    return self.ask(look_up, Pending::Find { handle, key, note, asker }).await;
                }
                Err(error) => Err(error),
            },
            Command::SearchDirectory { query, after } => {
                let after = after.and_then(|after| after.parse().ok());
                let search = ClientMessage::SearchDirectory { id: 0, query, after };
                return self.ask(search, Pending::Search(asker)).await;
            }
            Command::Wave { key } => match self.wave(key).await {
                Ok(()) => return self.post(key, Letter::Wave, Some(asker)).await,
                Err(error) => Err(error),
            },
            Command::OfferFiles { key, paths } => return self.offer_files(key, paths, asker),
            Command::ListDevices => {
                let listing = tokio::task::spawn_blocking(crate::device::list);
                tokio::spawn(async move {
                    let list = listing.await.map(Reply::Devices);
                    let panicked = |_| ApiError::new(Code::Internal, "listing devices panicked");
                    // Whoever asked may be gone.
                    let _ = asker.send(list.map_err(panicked));
                });
                return;
            }
            Command::ExportIdentity { path, passphrase } => {
                return self.export(path, passphrase, asker);
            }
            other => self.step(other).await,
        };
        match step {
            Ok(Step::Reply(reply)) => drop(asker.send(Ok(reply))),
            Ok(Step::Ask(message, done)) => {
                self.ask(*message, Pending::Simple(done, Some(asker))).await;
            }
            Err(error) => drop(asker.send(Err(error))),
        }
    }

    async fn step(&mut self, command: Command) -> Result<Step, ApiError> {
        let done = Ok(Step::Reply(Reply::Done));
        match command {
            Command::CreateIdentity { name } => self.create(name).await?,
            Command::ImportIdentity { path, passphrase } => self.import(path, passphrase).await?,
            Command::Reopen => self.reopen().await,
            Command::Rename { name } => return self.rename(name).await,
            Command::SetVerified { key, verified } => {
                let person = self.contact(&key)?.clone();
                self.keep_person(Person { verified, ..person }).await?;
            }
            Command::AcceptChangedKey { key } => self.accept_changed_key(key).await?,
            Command::SafetyNumber { key } => {
                return self.safety_number(&key).map(|n| Step::Reply(Reply::SafetyNumber(n)));
            }
            Command::AcceptRequest { key } => return self.accept(key).await,
            Command::MyCard => return self.card().map(Step::Reply),
            Command::ChangeSettings { settings } => {
                let kept = settings.clone();
                self.run(move |db| profile::set(db, Value::Settings, &kept)).await?;
                let before = std::mem::replace(&mut self.settings, settings.clone());
                if before.devices != self.settings.devices
                    || before.devices_with != self.settings.devices_with
                {
                    self.devices_chosen();
                }
                self.board.publish(Event::SettingsChanged { settings });
            }
            Command::WatchDevices { on } => self.watch_devices(on),
            Command::OpenPreview => self.open_preview()?,
            Command::ClosePreview => self.close_preview(),
            Command::TestSpeaker => self.try_speaker(),
            Command::TakePicture { call, mine } => {
                return self.take_picture(&call, mine).map(Step::Reply);
            }
            command if is_about_check(&command) => {
                return self.check_command(command).await.map(Step::Reply);
            }
            Command::Reconnect => self.feed(Input::RetryNow).await,
            Command::DismissTrouble { trouble } => {
                let mut troubles = self.board.look(|state| state.troubles.clone());
                let before = troubles.len();
                troubles.retain(|other| *other != trouble);
                if troubles.len() < before {
                    self.board.publish(Event::TroublesChanged { troubles });
                }
            }
            command @ (Command::RemoveContact { key } | Command::Block { key }) => {
                // While they can still be told.
                self.call_happens(CallInput::Parted(key)).await;
                return self.server_step(command);
            }
            command if is_server_step(&command) => return self.server_step(command),
            command if is_about_files(&command) => {
                return self.files_command(command).await.map(Step::Reply);
            }
            command if is_about_words(&command) => {
                return self.chat_command(command).await.map(Step::Reply);
            }
            command => return self.call_command(command).await.map(Step::Reply),
        }
        done
    }

    /// Commands that are a request to the server and nothing else.
    fn server_step(&self, command: Command) -> Result<Step, ApiError> {
        let id = 0;
        let (message, done) = match command {
            Command::ClaimHandle { handle } => {
                let handle = read_handle(&handle)?;
                let message = ClientMessage::Claim { id, handle: handle.to_string() };
                (message, Done::Claimed(handle))
            }
            Command::SetStatus { status } => {
                (ClientMessage::SetStatus { id, status }, Done::Status(status))
            }
            Command::SetListed { listed } => {
                let own = self.own.as_ref().ok_or_else(no_identity)?;
                let name = listed.then(|| own.name.clone());
                (ClientMessage::SetListing { id, name }, Done::Listed(listed))
            }
            Command::WithdrawRequest { key } => {
                (ClientMessage::WithdrawRequest { id, to: key }, Done::Withdrawn(key))
            }
            Command::DeclineRequest { key } => {
                (ClientMessage::DeclineRequest { id, from: key }, Done::Declined(key))
            }
            Command::RemoveContact { key } => {
                let key = self.server_key(&key);
                (ClientMessage::RemoveContact { id, key }, Done::Removed(key))
            }
            Command::Block { key } => {
                let person = self.someone(&key)?;
                let key = self.server_key(&key);
                (ClientMessage::Block { id, key }, Done::Blocked(Box::new(person)))
            }
            Command::Unblock { key } => (ClientMessage::Unblock { id, key }, Done::Unblocked(key)),
            _ => return Err(ApiError::new(Code::NotNow, "not a command for now")),
        };
        Ok(Step::Ask(Box::new(message), done))
    }

    async fn accept(&mut self, key: PublicKey) -> Result<Step, ApiError> {
        let asking = self.known.incoming.iter().find(|(_, request)| request.key == key);
        let gone = || ApiError::new(Code::NotFound, "that request is gone");
        let person = asking.map(|(person, _)| person.clone()).ok_or_else(gone)?;
        let name = self.own.as_ref().map(|own| own.name.clone()).unwrap_or_default();
        let letter = Letter::Introduction { name, note: String::new() };
        let envelope = self.enclose(&person.bundle, letter, None, None).await?;
        let message = ClientMessage::AcceptRequest { id: 0, from: key, envelope };
        Ok(Step::Ask(Box::new(message), Done::Accepted(person)))
    }

    /// The key by which the server knows someone, which is another than the pinned one while that is in doubt.
    fn server_key(&self, key: &PublicKey) -> PublicKey {
        let changed = self.known.people.get(key).and_then(|person| person.changed);
        changed.map_or(*key, |bundle| bundle.sign)
    }

    async fn create(&mut self, name: String) -> Result<(), ApiError> {
        if self.is_ready() {
            return Err(ApiError::new(Code::NotNow, "there is an identity already"));
        }
        let name = read_name(&name)?;
        if self.own.is_none() {
            self.keep_identity(Identity::generate(), false).await?;
        }
        self.run(move |db| profile::set(db, Value::Name, &name)).await?;
        self.reopen().await;
        Ok(())
    }

    async fn import(&mut self, path: String, passphrase: String) -> Result<(), ApiError> {
        if self.own.is_some() {
            return Err(ApiError::new(Code::NotNow, "there is an identity already"));
        }
        let path = PathBuf::from(path);
        let import = blocking(move || backup::import(&path, &passphrase).map_err(ApiError::from));
        let backup = import.await?;
        let name = tidy(&backup.name, MAX_NAME);
        self.keep_identity(Identity::from_seed(backup.seed), true).await?;
        self.run(move |db| profile::set(db, Value::Name, &name)).await?;
        self.reopen().await;
        Ok(())
    }

    async fn keep_identity(&self, identity: Identity, aside: bool) -> Result<(), ApiError> {
        let folder = self.folder.as_ref().ok_or_else(super::desk::no_folder)?;
        let (vault, now) = (Arc::clone(&folder.vault), super::desk::wall_ms());
        blocking(move || {
            if aside && vault.load().is_err() {
                vault.set_aside_damaged(now)?;
            }
            vault.store_new(&identity).map_err(ApiError::from)
        })
        .await?;
        Ok(())
    }

    /// Writes the export beside the loop: it takes a second on purpose.
    fn export(&self, path: String, passphrase: String, asker: Asker) {
        let Some(own) = &self.own else { return drop(asker.send(Err(no_identity()))) };
        let (identity, name) = (Arc::clone(&own.identity), own.name.clone());
        let now = super::desk::wall_ms();
        tokio::spawn(async move {
            let written = blocking(move || {
                backup::export(&PathBuf::from(path), &passphrase, &identity, &name, now)
                    .map_err(ApiError::from)
            });
            // Whoever asked may be gone.
            let _ = asker.send(written.await.map(|()| Reply::Done));
        });
    }

    async fn rename(&mut self, name: String) -> Result<Step, ApiError> {
        let name = read_name(&name)?;
        let kept = name.clone();
        self.run(move |db| profile::set(db, Value::Name, &kept)).await?;
        let own = self.own.as_mut().ok_or_else(no_identity)?;
        own.name.clone_from(&name);
        let listed = own.listed;
        self.show_me();
        let contacts: Vec<PublicKey> = self
            .known
            .people
            .values()
            .filter(|person| person.relation == Relation::Contact)
            .map(Person::key)
            .collect();
        for key in contacts {
            self.post(key, Letter::Profile { name: name.clone() }, None).await;
        }
        if listed && self.is_online() {
            let message = ClientMessage::SetListing { id: 0, name: Some(name) };
            return Ok(Step::Ask(Box::new(message), Done::Listed(true)));
        }
        Ok(Step::Reply(Reply::Done))
    }

    async fn wave(&mut self, key: PublicKey) -> Result<(), ApiError> {
        self.is_there_to_write_to(&key)?;
        self.note_wave(&key).await
    }

    /// Whether someone is a contact with a key that is not in doubt, and the server is there.
    pub(super) fn is_there_to_write_to(&self, key: &PublicKey) -> Result<(), ApiError> {
        let person = self.contact(key)?;
        if person.changed.is_some() {
            let error = ApiError::new(Code::KeyChanged, "their key has changed");
            return Err(error.with("name", shown_name(person)));
        }
        if !self.is_online() {
            let error = ApiError::new(Code::NotConnected, "not connected to the server");
            return Err(error.with("server", self.place.shown()));
        }
        Ok(())
    }

    pub(super) fn contact(&self, key: &PublicKey) -> Result<&Person, ApiError> {
        let person = self.known.people.get(key);
        person
            .filter(|person| person.relation == Relation::Contact)
            .ok_or_else(|| ApiError::new(Code::NotAContact, "not a contact"))
    }

    /// A contact, or one who asks to be one.
    fn someone(&self, key: &PublicKey) -> Result<Person, ApiError> {
        let asking = self.known.incoming.iter().find(|(_, request)| request.key == *key);
        let not_found = || ApiError::new(Code::NotFound, "nobody who is known");
        let known = self.known.people.get(key).cloned();
        known
            .or_else(|| asking.map(|(person, r)| new_person(person, r.name.clone())))
            .ok_or_else(not_found)
    }

    /// Who is meant by what the user typed.
    fn find(&self, address: &str, note: &str) -> Result<(Handle, Option<PublicKey>), ApiError> {
        if note.trim().chars().count() > MAX_NOTE {
            return Err(ApiError::new(Code::NoteTooLong, "the note is too long"));
        }
        let person = PersonAddress::parse(address).map_err(|error| match error {
            AddressError::Handle(why) => handle_error(why),
            other => ApiError::new(Code::AddressOdd, other.to_string()),
        })?;
        match person.server {
            Some(server) if !self.is_here(&server) => {
                let error = ApiError::new(Code::OtherServer, "they are on another server");
                Err(error.with("server", server))
            }
            _ => Ok((person.handle, person.key)),
        }
    }

    fn safety_number(&self, key: &PublicKey) -> Result<SafetyNumber, ApiError> {
        let own = self.own.as_ref().ok_or_else(no_identity)?;
        let person = self.contact(key)?;
        let theirs = person.changed.unwrap_or(person.bundle);
        let groups = safety_number(&own.identity.bundle(), &theirs).to_vec();
        let qr = draw(&format!("visavis-safety:1:{}", groups.concat()))?;
        Ok(SafetyNumber { groups, qr })
    }

    fn card(&self) -> Result<Reply, ApiError> {
        let own = self.own.as_ref().ok_or_else(no_identity)?;
        let address = self
            .own_address()
            .ok_or_else(|| ApiError::new(Code::HandleRequired, "a handle must be taken first"))?;
        let link = format!("visavis:add/{address}#{}", own.identity.public());
        Ok(Reply::Card { qr: draw(&link)?, link })
    }
}

/// Whether a command is a request to the server and nothing else.
fn is_server_step(command: &Command) -> bool {
    matches!(
        command,
        Command::ClaimHandle { .. }
            | Command::SetStatus { .. }
            | Command::SetListed { .. }
            | Command::WithdrawRequest { .. }
            | Command::DeclineRequest { .. }
            | Command::Unblock { .. }
    )
}

/// Whether a command is about messages.
fn is_about_words(command: &Command) -> bool {
    matches!(
        command,
        Command::WriteMessage { .. }
            | Command::ChangeMessage { .. }
            | Command::TakeBackMessage { .. }
            | Command::ResendMessage { .. }
            | Command::React { .. }
            | Command::Typing { .. }
            | Command::SeeMessages { .. }
            | Command::Messages { .. }
            | Command::SearchMessages { .. }
    )
}

fn is_about_files(command: &Command) -> bool {
    matches!(
        command,
        Command::AcceptFiles { .. }
            | Command::DeclineFiles { .. }
            | Command::PauseTransfer { .. }
            | Command::ResumeTransfer { .. }
            | Command::CancelTransfer { .. }
            | Command::ForgetTransfer { .. }
    )
}

fn is_about_check(command: &Command) -> bool {
    matches!(
        command,
        Command::BeginCheck
            | Command::StopCheck
            | Command::BeginEcho
            | Command::EndEcho
            | Command::RecordVoice
            | Command::EndRecording
            | Command::CheckReport
    )
}

/// Whether a command may mend what keeps the engine from working.
fn mends(command: &Command) -> bool {
    matches!(
        command,
        Command::Reopen | Command::ImportIdentity { .. } | Command::ChangeSettings { .. }
    )
}

fn no_identity() -> ApiError {
    ApiError::new(Code::NoIdentity, "there is no identity yet")
}

fn read_name(text: &str) -> Result<String, ApiError> {
    let name = tidy(text, usize::MAX);
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(ApiError::new(Code::NameOdd, "a name has 1 to 64 characters"));
    }
    Ok(name)
}

fn read_handle(text: &str) -> Result<Handle, ApiError> {
    text.parse().map_err(handle_error)
}

fn handle_error(why: HandleError) -> ApiError {
    let name = match why {
        HandleError::Reserved => return ApiError::new(Code::HandleReserved, why.to_string()),
        HandleError::Empty => "empty",
        HandleError::TooShort => "too_short",
        HandleError::TooLong => "too_long",
        HandleError::OddCharacter => "odd_character",
        HandleError::OddShape => "odd_shape",
    };
    ApiError::new(Code::HandleInvalid, why.to_string()).with("why", name)
}

fn draw(text: &str) -> Result<QrCode, ApiError> {
    let qr = Qr::encode_text(text, QrCodeEcc::Medium)
        .map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
    let row = |y| (0..qr.size()).map(|x| if qr.get_module(x, y) { '1' } else { '0' }).collect();
    let size = u32::try_from(qr.size()).unwrap_or_default();
    Ok(QrCode { size, rows: (0..qr.size()).map(row).collect() })
}
