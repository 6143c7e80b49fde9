//! A real signaling server, on this computer alone, that can crash and come back.

use crate::process::{Process, signal};
use crate::stage::Stage;
use serde_json::Value;
use std::cell::RefCell;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

/// A running server. The stage keeps it too, so that it outlives a scenario that fails, until the windows
/// have been looked at.
pub(crate) struct Server {
    process: Rc<RefCell<Process>>,
    listening: String,
    data: PathBuf,
}

impl Server {
    /// A new server on a free port.
    pub(crate) fn start(stage: &Stage) -> Self {
        let data = stage.folder("server");
        let (process, listening) = launch(stage, &data, "127.0.0.1:0");
        let process = Rc::new(RefCell::new(process));
        stage.keep_running(&process);
        Self { process, listening, data }
    }

    /// What people type to join it.
    pub(crate) fn address(&self) -> &str {
        &self.listening
    }

    /// Ends it as a power cut would.
    pub(crate) fn crash(&mut self) {
        assert!(self.answers(), "the server was gone before it crashed");
        self.process.borrow_mut().kill();
        assert!(!self.answers(), "something else answers in the crashed server's place");
    }

    /// It stands still: whatever is sent to it waits.
    pub(crate) fn pause(&self) {
        signal(self.process.borrow().id(), "STOP");
    }

    /// It goes on with all that was sent to it meanwhile.
    pub(crate) fn go_on(&self) {
        signal(self.process.borrow().id(), "CONT");
    }

    fn answers(&self) -> bool {
        TcpStream::connect(&self.listening).is_ok()
    }

    /// Starts it again where it was.
    pub(crate) fn come_back(&mut self, stage: &Stage) {
        let (process, listening) = launch(stage, &self.data, &self.listening);
        assert_eq!(listening, self.listening);
        *self.process.borrow_mut() = process;
    }
}

fn launch(stage: &Stage, data: &Path, listen: &str) -> (Process, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_visavis")).with_file_name("visavis-signaling");
    assert!(
        program.exists(),
        "{} is not built yet: cargo build --workspace, or ./dev test, which does it",
        program.display()
    );
    let (process, line) = Process::start_and_hear(
        Command::new(program).args(["--listen", listen, "--data"]).arg(data),
        &stage.log("server"),
    );
    let said: Value = serde_json::from_str(&line).unwrap();
    let listening = said["listening"].as_str().unwrap().to_owned();
    (process, listening)
}

#[test]
fn a_server_crashes_and_comes_back_where_it_was() {
    crate::stage::play("server", async |stage| {
        let mut server = Server::start(stage);
        server.crash();
        server.come_back(stage);
        assert!(server.answers());
    });
}
