//! Errands that last: a call, answering calls, and watching. All three print what happens and take words on
//! standard input; they differ in what they do by themselves and in when they end.

use crate::arguments::{Answer, Call, Manner, Watch};
use crate::desk::Desk;
use crate::errands::contacts_of;
use crate::lines::{Line, say};
use crate::people::find;
use crate::words::{Word, understand};
use crate::{Outcome, Trouble};
use std::io::BufRead;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use visavis_engine::api::{
    ApiError, Call as Shown, CallEnd, CallStage, Code, Command, PublicKey, Reply, State, Update,
};

/// Words that may wait; whoever writes more waits too.
const WORDS: usize = 16;

/// What a lasting errand does by itself.
struct Watching {
    /// Calls that are answered.
    answers: Option<Answering>,
    /// The call that this is about; the errand is over with it.
    about: Option<String>,
    manner: Manner,
    /// When the call that this is about is hung up.
    ends: Option<Instant>,
    words: mpsc::Receiver<String>,
}

struct Answering {
    from: Option<PublicKey>,
    always: bool,
}

/// Calls a contact, and stays until the call is over.
pub(crate) async fn call(desk: &mut Desk, call: Call) -> Result<Outcome, Trouble> {
    let state = desk.online().await?;
    let key = find(&call.who, &contacts_of(&state.contacts))?;
    let picture = !call.manner.sound_only;
    let Reply::Calling { id } = desk.tell(Command::Call { key, picture }).await? else {
        return Err(ApiError::new(Code::Internal, "the engine calls nobody").into());
    };
    say(&Line::Call { id: &id })?;
    let mut watching = Watching::new(call.manner);
    watching.about = Some(id);
    watching.watch(desk).await
}

/// Waits for a call, answers it, and stays until it is over.
pub(crate) async fn answer(desk: &mut Desk, answer: Answer) -> Result<Outcome, Trouble> {
    let state = desk.require_somebody()?;
    let from = answer.from.map(|who| find(&who, &contacts_of(&state.contacts))).transpose()?;
    let mut watching = Watching::new(answer.manner);
    watching.answers = Some(Answering { from, always: answer.always });
    watching.watch(desk).await
}

/// Prints what happens, until told to stop.
pub(crate) async fn watch(desk: &mut Desk, watch: Watch) -> Result<Outcome, Trouble> {
    let statistics = watch.statistics;
    Watching::new(Manner { sound_only: false, seconds: None, statistics }).watch(desk).await
}

impl Watching {
    fn new(manner: Manner) -> Self {
        Self { answers: None, about: None, manner, ends: None, words: words() }
    }

    async fn watch(mut self, desk: &mut Desk) -> Result<Outcome, Trouble> {
        let every = Duration::from_secs(self.manner.statistics.unwrap_or(3600).into());
        let mut figures = interval(every);
        figures.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            if let Some(outcome) = self.look(desk).await? {
                return Ok(outcome);
            }
            tokio::select! {
                update = desk.next() => match update? {
                    Update::Snapshot(snapshot) => say(&Line::Snapshot { state: &snapshot.state })?,
                    Update::Event { event, .. } => say(&Line::Event { event: &event })?,
                },
                Some(line) = self.words.recv() => match understand(&line, &desk.state()) {
                    Ok(Some(Word::Tell(command))) => tell(desk, command).await?,
                    Ok(Some(Word::Quit)) => return Ok(Outcome::Done),
                    Ok(None) => {}
                    Err(error) => say(&Line::Refused { error })?,
                },
                _ = figures.tick(), if self.manner.statistics.is_some() => print_figures(desk).await?,
                () = at(self.ends), if self.ends.is_some() => {
                    if let Some(id) = self.about.clone() {
                        tell(desk, Command::HangUp { id }).await?;
                    }
                }
            }
        }
    }

    /// Does what is to be done as calls stand now. Some when the errand is over.
    async fn look(&mut self, desk: &mut Desk) -> Result<Option<Outcome>, Trouble> {
        let state = desk.state();
        let about = |call: &&Shown| Some(&call.id) == self.about.as_ref();
        match state.calls.iter().find(about).map(|call| call.stage) {
            Some(CallStage::On { .. }) if self.ends.is_none() => {
                let time = self.manner.seconds.map(|seconds| Duration::from_secs(seconds.into()));
                self.ends = time.map(|time| Instant::now() + time);
            }
            Some(CallStage::Ended { how, talked_ms }) => {
                return self.over(desk, how, talked_ms).await;
            }
            None if self.about.is_some() => {
                // Something took it from the list; how it ended is not known any more.
                return Ok(Some(Outcome::Done));
            }
            _ => {}
        }
        self.answer(desk, &state).await?;
        Ok(None)
    }

    async fn over(
        &mut self,
        desk: &Desk,
        how: CallEnd,
        talked_ms: Option<u64>,
    ) -> Result<Option<Outcome>, Trouble> {
        let id = self.about.take().unwrap_or_default();
        self.ends = None;
        say(&Line::Ended { id: &id, how, talked_ms })?;
        desk.tell(Command::DismissCall { id }).await?;
        if self.answers.as_ref().is_some_and(|answering| answering.always) {
            return Ok(None);
        }
        Ok(Some(if talked_ms.is_some() { Outcome::Done } else { Outcome::InVain }))
    }

    async fn answer(&mut self, desk: &Desk, state: &State) -> Result<(), Trouble> {
        let Some(answering) = &self.answers else { return Ok(()) };
        let rings = state.calls.iter().filter(|call| {
            call.stage == CallStage::Incoming && answering.from.is_none_or(|from| from == call.key)
        });
        for call in rings {
            let id = call.id.clone();
            let done = if self.about.is_none() {
                let picture = !self.manner.sound_only;
                desk.tell(Command::Answer { id: id.clone(), picture }).await
            } else if answering.always {
                desk.tell(Command::Decline { id: id.clone() }).await
            } else {
                continue;
            };
            match done {
                Ok(_) if self.about.is_none() => {
                    say(&Line::Call { id: &id })?;
                    self.about = Some(id);
                }
                Ok(_) => {}
                // It may have ended at this moment.
                Err(error) => say(&Line::Refused { error })?,
            }
        }
        Ok(())
    }
}

async fn tell(desk: &Desk, command: Command) -> Result<(), Trouble> {
    match desk.tell(command).await {
        Ok(reply) => say(&Line::Reply { reply: &reply }),
        Err(error) => say(&Line::Refused { error }),
    }
}

async fn print_figures(desk: &Desk) -> Result<(), Trouble> {
    for call in desk.state().calls {
        if !matches!(call.stage, CallStage::On { .. }) {
            continue;
        }
        let command = Command::CallStatistics { id: call.id.clone() };
        if let Ok(Reply::CallStatistics(statistics)) = desk.tell(command).await {
            say(&Line::Statistics { id: &call.id, statistics: &statistics })?;
        }
    }
    Ok(())
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// The lines of standard input. Its end is nothing special: a program without input goes on.
fn words() -> mpsc::Receiver<String> {
    let (say, said) = mpsc::channel(WORDS);
    let read = move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if say.blocking_send(line).is_err() {
                return;
            }
        }
    };
    // A thread of its own: nothing can interrupt reading, and the program ends without it.
    if let Err(error) = std::thread::Builder::new().name("input".to_owned()).spawn(read) {
        tracing::error!(%error, "standard input is not read");
    }
    said
}
