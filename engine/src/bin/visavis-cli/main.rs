//! The program `visavis-cli`: the whole engine without a window, for scripts and bots.
//!
//! What it prints is lines of JSON on standard output; sentences for people go to standard error. It decides
//! nothing: each word on its command line is a command to the engine. `docs/cli.md` describes it.

mod arguments;
mod calls;
mod check;
mod desk;
mod errands;
mod files;
mod lines;
mod people;
mod trial;
mod words;

use arguments::{Arguments, Errand};
use desk::Desk;
use lines::{Line, say};
use std::io::Write;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use visavis_engine::api::ApiError;

/// How an errand came out, where nothing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// A call was made and nobody talked, or a check found something that is not as it should be.
    InVain,
}

/// Why an errand was not done.
#[derive(Debug)]
enum Trouble {
    /// The engine refused, or can't.
    Engine(ApiError),
    /// Nobody reads what is printed any more.
    Unread,
}

impl From<ApiError> for Trouble {
    fn from(error: ApiError) -> Self {
        Self::Engine(error)
    }
}

/// Of a call that came to nothing, or a check that found something, so that scripts can tell it from an error.
const IN_VAIN: u8 = 3;

fn main() -> ExitCode {
    let arguments = Arguments::read();
    log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("the system gives no threads: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(Outcome::Done) | Err(Trouble::Unread) => ExitCode::SUCCESS,
        Ok(Outcome::InVain) => ExitCode::from(IN_VAIN),
        Err(Trouble::Engine(error)) => {
            complain(&error.message);
            // Whoever reads only the lines sees it too; if nobody does, the sentence was said.
            let _ = say(&Line::Refused { error });
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<Outcome, Trouble> {
    match arguments.errand {
        Errand::Devices => return trial::list().await,
        Errand::Try { what, seconds } => {
            return trial::run(what, &arguments.options().devices, seconds).await;
        }
        _ => {}
    }
    let mut desk = Desk::open(arguments.options()).await;
    let outcome = tokio::select! {
        outcome = errand(&mut desk, arguments.errand) => outcome,
        () = told_to_stop() => Ok(Outcome::Done),
    };
    desk.close().await;
    outcome
}

async fn errand(desk: &mut Desk, errand: Errand) -> Result<Outcome, Trouble> {
    match errand {
        Errand::Init(init) => errands::init(desk, init).await,
        Errand::Me => errands::me(desk).await,
        Errand::Contacts { what } => errands::contacts(desk, what.unwrap_or_default()).await,
        // Done before there is a desk.
        Errand::Devices | Errand::Try { .. } => Ok(Outcome::Done),
        Errand::History { with } => errands::history(desk, with).await,
        Errand::Write { who, text } => errands::write(desk, &who, text).await,
        Errand::Messages { who, last } => errands::messages(desk, &who, last).await,
        Errand::Send { who, paths } => files::send(desk, &who, &paths).await,
        Errand::Receive(receive) => files::receive(desk, receive).await,
        Errand::Check { json } => check::run(desk, json).await,
        Errand::Do { command } => errands::dispatch(desk, &command).await,
        Errand::Call(call) => Box::pin(calls::call(desk, call)).await,
        Errand::Answer(answer) => Box::pin(calls::answer(desk, answer)).await,
        Errand::Watch(watch) => Box::pin(calls::watch(desk, watch)).await,
    }
}

fn log() {
    let filter = EnvFilter::try_from_env("VISAVIS_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    let filter = visavis_engine::quiet(filter);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

fn complain(sentence: &str) {
    // Where nobody reads that either, there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "visavis-cli: {sentence}");
}

#[cfg(unix)]
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(not(unix))]
async fn told_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
