//! The engine as an errand deals with it: waiting for what it shows, and closing it in good order.

use crate::Trouble;
use visavis_engine::api::{
    ApiError, CallStage, Code, Command, Connection, Event, Mark, Message, Reply, State, Update,
};
use visavis_engine::engine::{Engine, Options, Subscription};

pub(crate) struct Desk {
    pub(crate) engine: Engine,
    updates: Subscription,
}

impl Desk {
    pub(crate) async fn open(options: Options) -> Self {
        let engine = Engine::start(options).await;
        let updates = engine.subscribe();
        Self { engine, updates }
    }

    /// What the engine shows now.
    pub(crate) fn state(&self) -> State {
        self.engine.state()
    }

    pub(crate) async fn tell(&self, command: Command) -> Result<Reply, ApiError> {
        self.engine.dispatch(command).await
    }

    /// The next thing that happens.
    pub(crate) async fn next(&mut self) -> Result<Update, Trouble> {
        let stopped = || ApiError::new(Code::NotNow, "the engine has stopped");
        self.updates.next().await.ok_or_else(|| stopped().into())
    }

    /// Refuses to go on where the engine can't work, or where there is nobody yet.
    pub(crate) fn require_somebody(&self) -> Result<State, Trouble> {
        let state = self.state();
        if let Some(fatal) = state.fatal {
            return Err(fatal.into());
        }
        if state.me.is_none() {
            let say = "this profile is empty: begin with visavis-cli init --name NAME";
            return Err(ApiError::new(Code::NoIdentity, say).into());
        }
        Ok(state)
    }

    /// Waits until it is signed in.
    ///
    /// # Errors
    /// The first try did not work; the engine would go on trying, whoever runs an errand would not.
    pub(crate) async fn online(&mut self) -> Result<State, Trouble> {
        self.require_somebody()?;
        loop {
            let state = self.state();
            match state.server.connection {
                Connection::Online => return Ok(state),
                Connection::Waiting { error, .. } | Connection::Stopped { error } => {
                    return Err(error.into());
                }
                Connection::Idle => {
                    let say = "no server is chosen: visavis-cli init --name NAME --server ADDRESS";
                    return Err(ApiError::new(Code::NotConnected, say).into());
                }
                Connection::Connecting => drop(self.next().await?),
            }
        }
    }

    /// Waits until the server has a message.
    pub(crate) async fn until_sent(&mut self, id: &str) -> Result<Message, Trouble> {
        loop {
            let Update::Event { event: Event::MessageChanged { message }, .. } =
                self.next().await?
            else {
                continue;
            };
            match message.mark {
                Some(Mark::Failed) if message.id == id => {
                    let refused = || ApiError::new(Code::NotNow, "the server did not take it");
                    return Err(self.state().troubles.pop().unwrap_or_else(refused).into());
                }
                Some(Mark::Sent | Mark::Delivered | Mark::Read) if message.id == id => {
                    return Ok(message);
                }
                _ => {}
            }
        }
    }

    /// Ends what is on, so that nobody is left waiting at the other end, and stops.
    pub(crate) async fn close(&self) {
        for call in self.state().calls {
            let command = match call.stage {
                CallStage::Ended { .. } | CallStage::Incoming => continue,
                _ => Command::HangUp { id: call.id },
            };
            // It may have ended at this moment.
            let _ = self.tell(command).await;
        }
        self.engine.stop().await;
    }
}
