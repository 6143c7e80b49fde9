//! The database's shape, version by version. A step, once released, is never changed: the next one is added.
//! The version stands in the file's `user_version`.

/// The steps: the first makes version 1 of an empty file.
pub(crate) const STEPS: &[&str] = &["
create table account (
    no integer primary key,
    sign blob not null unique,
    seal blob not null,
    proof blob not null,
    handle text unique,
    skeleton text unique,
    listing text,
    listing_folded text,
    made_ms integer not null
) strict;
create index account_listed on account (handle) where listing is not null;
create table device (
    no integer primary key,
    account integer not null references account on delete cascade,
    id blob not null,
    seen_ms integer not null,
    newest_mail integer not null default 0,
    letters integer not null default 0,
    bytes integer not null default 0,
    unique (account, id)
) strict;
create index device_seen on device (seen_ms);
create table contact (
    of integer not null references account on delete cascade,
    other integer not null references account on delete cascade,
    primary key (of, other)
) strict, without rowid;
create table block (
    by integer not null references account on delete cascade,
    other integer not null references account on delete cascade,
    primary key (by, other)
) strict, without rowid;
create table request (
    asker integer not null references account on delete cascade,
    asked integer not null references account on delete cascade,
    at_ms integer not null,
    envelope text not null,
    hidden integer not null default 0,
    primary key (asker, asked)
) strict, without rowid;
create index request_asked on request (asked);
create index request_at on request (at_ms);
create table declined (
    asker integer not null references account on delete cascade,
    asked integer not null references account on delete cascade,
    at_ms integer not null,
    primary key (asker, asked)
) strict, without rowid;
create table letter (
    device integer not null references device on delete cascade,
    mail integer not null,
    sender integer not null references account on delete cascade,
    at_ms integer not null,
    envelope text not null,
    primary key (device, mail)
) strict;
create index letter_at on letter (at_ms);
create table invite (
    no integer primary key autoincrement,
    hash blob not null unique,
    made_ms integer not null,
    expires_ms integer not null,
    uses_left integer not null
) strict;
"];
