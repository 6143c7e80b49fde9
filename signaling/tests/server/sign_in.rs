//! Who gets in, and who doesn't.

use crate::stage::{Stage, refused};
use std::time::Duration;
use visavis_signaling::protocol::{
    ClientMessage, DeviceId, ErrorCode, SealKey, ServerMessage, Status,
};
use visavis_signaling::testkit::{Client, Entry, Identity};

fn device(number: u8) -> Entry {
    Entry { device: DeviceId([number; 16]), ..Entry::default() }
}

#[tokio::test]
async fn only_the_owner_of_a_key_gets_in() {
    let stage = Stage::new().await;
    let (ana, bo) = (Identity::numbered(1), Identity::numbered(2));
    let entry = Entry::default();
    // Another's signature.
    let mut client = Client::open(stage.address()).await.unwrap();
    let nonce = client.hello(&ana, &entry.device).await.unwrap();
    let proof = |signature, bundle, server: &str| ClientMessage::Prove {
        signature,
        bundle,
        server: server.to_owned(),
        invite: None,
        status: Status::Online,
    };
    let forged = bo.prove("127.0.0.1", &nonce, &entry.device);
    client.say(&proof(forged, ana.bundle(), "127.0.0.1")).await.unwrap();
    assert_eq!(client.ended().await, (Some(ErrorCode::BadSignature), Some(1008)));
    // Another's bundle.
    let mut client = Client::open(stage.address()).await.unwrap();
    let nonce = client.hello(&ana, &entry.device).await.unwrap();
    let signature = ana.prove("127.0.0.1", &nonce, &entry.device);
    client.say(&proof(signature, bo.bundle(), "127.0.0.1")).await.unwrap();
    assert_eq!(client.ended().await.0, Some(ErrorCode::BadSignature));
    // The proof of another connection.
    let mut client = Client::open(stage.address()).await.unwrap();
    client.hello(&ana, &entry.device).await.unwrap();
    client.say(&proof(signature, ana.bundle(), "127.0.0.1")).await.unwrap();
    assert_eq!(client.ended().await.0, Some(ErrorCode::BadSignature));
    // The same key with another key to be written to.
    Client::enter(stage.address(), &ana).await.unwrap();
    let changed = ana.with_seal(SealKey([5; 32]));
    refused!(Client::enter(stage.address(), &changed).await, BadSignature);
}

#[tokio::test]
async fn a_challenge_of_another_server_is_of_no_use() {
    let stage = Stage::with(|config| config.names = vec!["call.example.org".to_owned()]).await;
    let ana = Identity::numbered(1);
    // Ana dials evil.example, which passes this server's challenge on to her, and her proof back.
    let mut evil = Client::open(stage.address()).await.unwrap();
    let nonce = evil.hello(&ana, &DeviceId([1; 16])).await.unwrap();
    let signature = ana.prove("evil.example", &nonce, &DeviceId([1; 16]));
    for server in ["evil.example", "call.example.org"] {
        let mut evil = match server {
            "evil.example" => {
                std::mem::replace(&mut evil, Client::open(stage.address()).await.unwrap())
            }
            _ => {
                let mut again = Client::open(stage.address()).await.unwrap();
                again.hello(&ana, &DeviceId([1; 16])).await.unwrap();
                again
            }
        };
        let (bundle, server) = (ana.bundle(), server.to_owned());
        let wrong = server == "evil.example";
        evil.say(&ClientMessage::Prove {
            signature,
            bundle,
            server,
            invite: None,
            status: Status::Online,
        })
        .await
        .unwrap();
        let code = if wrong { ErrorCode::WrongServer } else { ErrorCode::BadSignature };
        assert_eq!(evil.ended().await.0, Some(code));
    }
    for server in ["call.example.org", "localhost", "127.0.0.1", "::1"] {
        let entry = Entry { server: server.to_owned(), ..Entry::default() };
        Client::enter_as(stage.address(), &ana, &entry).await.unwrap();
    }
}

#[tokio::test]
async fn the_sign_in_has_an_order_and_a_time() {
    let stage = Stage::with(|config| config.times.sign_in = Duration::from_millis(150)).await;
    let mut client = Client::open(stage.address()).await.unwrap();
    client.say(&ClientMessage::LookUp { id: 1, handle: "ana".to_owned() }).await.unwrap();
    assert_eq!(client.ended().await, (Some(ErrorCode::OutOfTurn), Some(1008)));
    let mut client = Client::open(stage.address()).await.unwrap();
    client
        .say(&ClientMessage::Hello {
            version: 99,
            key: Identity::numbered(1).key(),
            device: DeviceId([1; 16]),
            software: String::new(),
        })
        .await
        .unwrap();
    assert_eq!(client.ended().await.0, Some(ErrorCode::UnsupportedVersion));
    let mut client = Client::open(stage.address()).await.unwrap();
    assert_eq!(client.ended().await, (Some(ErrorCode::SignInTimeout), Some(1008)));
    // A second hello after the welcome.
    let (mut ana, _) = stage.enter(1).await;
    ana.client
        .say(&ClientMessage::Hello {
            version: 1,
            key: ana.identity.key(),
            device: DeviceId([1; 16]),
            software: String::new(),
        })
        .await
        .unwrap();
    assert_eq!(ana.client.ended().await.0, Some(ErrorCode::OutOfTurn));
}

#[tokio::test]
async fn a_closed_server_needs_an_invite_once() {
    let stage = Stage::with(|config| config.closed = true).await;
    let ana = Identity::numbered(1);
    refused!(Client::enter(stage.address(), &ana).await, InviteRequired);
    let invited = |code: &str| Entry { invite: Some(code.to_owned()), ..Entry::default() };
    refused!(
        Client::enter_as(stage.address(), &ana, &invited("AAAAA-AAAAA-AAAAA-AAAAA")).await,
        InviteInvalid
    );
    let code = stage.server.create_invite(1, 1).await.unwrap();
    let typed = code.to_lowercase().replace('-', " ");
    Client::enter_as(stage.address(), &ana, &invited(&typed)).await.unwrap();
    Client::enter(stage.address(), &ana).await.unwrap();
    let bo = Identity::numbered(2);
    refused!(Client::enter_as(stage.address(), &bo, &invited(&code)).await, InviteInvalid);
    let expired = stage.server.create_invite(1, 0).await.unwrap();
    refused!(Client::enter_as(stage.address(), &bo, &invited(&expired)).await, InviteInvalid);
}

#[tokio::test]
async fn wrong_attempts_shut_an_address_out() {
    let stage = Stage::with(|config| {
        config.closed = true;
        config.limits.failures_per_address = 2;
    })
    .await;
    let guess = Entry { invite: Some("guess".to_owned()), ..Entry::default() };
    let ana = Identity::numbered(1);
    for _ in 0..2 {
        refused!(Client::enter_as(stage.address(), &ana, &guess).await, InviteInvalid);
    }
    let retry = refused!(Client::enter_as(stage.address(), &ana, &guess).await, TooManyAttempts);
    assert!(retry.unwrap() > 1000);
}

#[tokio::test]
async fn new_identities_are_counted_by_address() {
    let stage = Stage::with(|config| config.limits.new_identities_per_address = 1).await;
    stage.enter(1).await;
    refused!(Client::enter(stage.address(), &Identity::numbered(2)).await, TooManyAttempts);
    stage.enter(1).await;
}

#[tokio::test]
async fn each_device_has_a_place_and_the_newest_connection_of_one_wins() {
    let stage = Stage::with(|config| config.limits.devices = 2).await;
    let ana = Identity::numbered(1);
    let (mut first, _) = Client::enter_as(stage.address(), &ana, &device(1)).await.unwrap();
    let (mut second, _) = Client::enter_as(stage.address(), &ana, &device(2)).await.unwrap();
    refused!(Client::enter_as(stage.address(), &ana, &device(3)).await, TooManyDevices);
    let (mut again, _) = Client::enter_as(stage.address(), &ana, &device(1)).await.unwrap();
    assert_eq!(first.ended().await, (Some(ErrorCode::Replaced), Some(1008)));
    again.claim("ana").await.unwrap();
    let told = second.next().await.unwrap();
    let ServerMessage::SelfChanged { handle, status, .. } = told else { panic!("{told:?}") };
    assert_eq!((handle.unwrap().as_str(), status), ("ana", Status::Online));
    second.ask(|id| ClientMessage::SetStatus { id, status: Status::Busy }).await.unwrap();
    let told = again.next().await.unwrap();
    assert!(matches!(told, ServerMessage::SelfChanged { status: Status::Busy, .. }));
    assert!(second.so_far().await.unwrap().is_empty());
}
