//! What people do in more than one scenario.

use crate::person::Person;
use crate::server::Server;

/// Goes through the first start: a name, a server by its address, a handle.
pub(crate) async fn settle(person: &Person, name: &str, server: &Server, handle: &str) {
    choose_server(person, name, server).await;
    person.types("@handle-field", handle).await;
    person.sees("@handle-hint[data-state=free]").await;
    person.clicks("@claim").await;
    is_online(person).await;
}

/// The first start up to where a handle is to be taken.
pub(crate) async fn choose_server(person: &Person, name: &str, server: &Server) {
    person.types("@name-field", name).await;
    person.clicks("@next").await;
    person.clicks("label:has(@server-address)").await;
    person.types("@address-field", server.address()).await;
    person.clicks("@next").await;
    person.sees("@start[data-step=handle]").await;
}

/// Waits until the app is signed in.
pub(crate) async fn is_online(person: &Person) {
    person.sees("@connection[data-state=online]").await;
}

/// One asks the other by handle; the other says yes.
pub(crate) async fn befriend(one: (&Person, &str), other: (&Person, &str)) {
    let ((asker, asker_handle), (asked, asked_handle)) = (one, other);
    asker.clicks("@add-person").await;
    asker.types("@add-field", asked_handle).await;
    asker.clicks("@send-request").await;
    asker.sees(&format!("@sent-row[data-handle={asked_handle}]")).await;
    asked.clicks(&format!("@request-row[data-handle={asker_handle}] @accept")).await;
    sees_contact(asker, asked_handle, "online").await;
    sees_contact(asked, asker_handle, "online").await;
}

/// Waits until a contact is seen to be online, away, busy or offline.
pub(crate) async fn sees_contact(person: &Person, handle: &str, presence: &str) {
    person.sees(&format!("@contact-row[data-handle={handle}][data-presence={presence}]")).await;
}

/// Chooses how to be seen.
pub(crate) async fn sets_status(person: &Person, status: &str) {
    person.clicks("@status-menu").await;
    person.clicks(&format!("@status-{status}")).await;
    person.sees(&format!("@status-menu[data-status={status}]")).await;
}

/// Waves at a contact, from their view.
pub(crate) async fn waves_at(person: &Person, handle: &str) {
    person.clicks(&format!("@contact-row[data-handle={handle}]")).await;
    person.clicks(&format!("@contact-view[data-handle={handle}] @wave")).await;
}
