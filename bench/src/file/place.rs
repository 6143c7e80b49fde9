//! Where a load goes from and to: two hosts of the network laboratory with a server on a third, or this computer alone.
//! Ana sends the film, Bo has a folder that is empty before each load. Both lie in memory where there is such a place, so
//! that what is measured is the way and not the disk; `TMPDIR` names another.

use super::{SEED, SIZE};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::process::Command;
use visavis_lab::{Host, Lab, Shape};

pub(super) const SENDER: &str = "ana";
pub(super) const RECEIVER: &str = "bo";
pub(super) const SERVER: &str = "server";
const FILM: &str = "film.bin";
const PIECE: usize = 1 << 20;
/// Files here never touch a disk.
const MEMORY: &str = "/dev/shm";

/// A folder for everything.
pub(super) fn folder() -> Result<TempDir, String> {
    let in_memory = std::env::var_os("TMPDIR").is_none() && Path::new(MEMORY).is_dir();
    let folder = if in_memory { tempfile::tempdir_in(MEMORY) } else { tempfile::tempdir() };
    folder.map_err(|error| error.to_string())
}

/// Makes what is sent: bytes by chance, none of which is zero, so that what has not come can be told from what has.
pub(super) fn film(folder: &Path) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let mut film = BufWriter::new(File::create(folder.join(FILM)).map_err(text)?);
    let mut piece = vec![0; PIECE];
    let mut random = SEED | 1;
    for at in (0..SIZE).step_by(PIECE) {
        for word in piece.chunks_exact_mut(8) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            word.copy_from_slice(&random.to_le_bytes().map(|byte| byte.max(1)));
        }
        let length = (SIZE - at).min(PIECE as u64) as usize;
        film.write_all(&piece[..length]).map_err(text)?;
    }
    let film = film.into_inner().map_err(|error| error.to_string())?;
    // Or the disk would still be busy with it while something is measured.
    film.sync_all().map_err(text)
}

pub(super) struct Place {
    lab: Option<Lab>,
    folder: PathBuf,
    into: PathBuf,
}

impl Place {
    /// With the film in this folder.
    pub(super) fn make(folder: &Path, shape: Option<Shape>) -> Result<Self, String> {
        let lab = shape.map(|shape| {
            let lab = Lab::open(SEED, &[SENDER, RECEIVER, SERVER])?;
            lab.shape_both(SENDER, RECEIVER, shape)?;
            Ok(lab)
        });
        let lab = lab.transpose().map_err(|fault: visavis_lab::Fault| fault.to_string())?;
        Ok(Self { lab, folder: folder.to_owned(), into: folder.join("into") })
    }

    /// What is sent.
    pub(super) fn film(&self) -> PathBuf {
        self.folder.join(FILM)
    }

    /// Where it goes.
    pub(super) fn into(&self) -> &Path {
        &self.into
    }

    /// Where a receiver puts it that gives it no other name meanwhile.
    pub(super) fn came(&self) -> PathBuf {
        self.into.join(FILM)
    }

    /// Empties the folder that it goes into.
    pub(super) fn clear(&self) -> Result<(), String> {
        self.empty("into").map(drop)
    }

    /// An empty folder, for profiles and the like.
    pub(super) fn empty(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.folder.join(name);
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.to_string()),
            _ => {}
        }
        std::fs::create_dir_all(&path).map_err(|error| error.to_string())?;
        Ok(path)
    }

    /// A host, where there is a laboratory.
    pub(super) fn host(&self, name: &str) -> Result<Option<&Host>, String> {
        let host = self.lab.as_ref().map(|lab| lab.host(name));
        host.transpose().map_err(|fault| fault.to_string())
    }

    /// Where others reach a host.
    pub(super) fn address(&self, name: &str) -> Result<String, String> {
        let host = self.host(name)?;
        Ok(host.map_or_else(|| "127.0.0.1".to_owned(), |host| host.address().to_string()))
    }

    /// A program on a host.
    pub(super) fn command(
        &self,
        name: &str,
        program: impl AsRef<OsStr>,
    ) -> Result<Command, String> {
        Ok(match self.host(name)? {
            Some(host) => host.command(program).into(),
            None => Command::new(program),
        })
    }

    /// Waits until something listens on a host.
    pub(super) async fn listens(
        &self,
        name: &str,
        port: u16,
        limit: Duration,
    ) -> Result<(), String> {
        let address = format!("{}:{port}", self.address(name)?);
        let began = Instant::now();
        while began.elapsed() < limit {
            let to = address.clone();
            let knock = move || TcpStream::connect(to).is_ok();
            let open = match self.host(name)? {
                Some(host) => host.within(knock).map_err(|fault| fault.to_string())?,
                None => knock(),
            };
            if open {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(format!("nothing listens at {address}"))
    }

    /// Says what the path did to a load, and sees to it that packets were lost where they should be.
    pub(super) fn proof(&self, whose: &str, loses: bool) -> Result<(), String> {
        let Some(lab) = &self.lab else { return Ok(()) };
        let counts = lab.counts(SENDER, RECEIVER).map_err(|fault| fault.to_string())?;
        eprintln!("{whose}: so far {counts:?}");
        if counts.delayed == 0 || loses && counts.lost == 0 {
            return Err(format!("the path did nothing to {whose}"));
        }
        Ok(())
    }

    /// Compares what came with what was sent: all of it, or of a load that was ended whatever is there.
    pub(super) fn compare(&self, bytes: f64, whole: bool) -> Result<(), String> {
        let same = compare(&self.film(), &self.only()?, whole)?;
        // A file system counts by pages, and a piece that is half there fills its last one only in part.
        if (same as f64) < 0.99 * bytes {
            return Err(format!("{same} bytes are as they were sent, not {bytes}"));
        }
        Ok(())
    }

    /// What came: the only file in the folder.
    fn only(&self) -> Result<PathBuf, String> {
        let entries = std::fs::read_dir(&self.into).map_err(|error| error.to_string())?;
        let files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        match files.as_slice() {
            [file] => Ok(file.clone()),
            other => Err(format!("one file should have come, not {other:?}")),
        }
    }
}

/// How many bytes are there as they were sent; where not all came, what is zero has not.
fn compare(sent: &Path, came: &Path, whole: bool) -> Result<u64, String> {
    let open = |path: &Path| {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok::<_, String>(BufReader::with_capacity(PIECE, file))
    };
    let (mut sent, mut came) = (open(sent)?, open(came)?.take(SIZE + 1));
    let (mut one, mut other) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE));
    let (mut same, mut length) = (0, 0);
    loop {
        for (file, piece) in [(&mut sent as &mut dyn Read, &mut one), (&mut came, &mut other)] {
            piece.clear();
            file.take(PIECE as u64).read_to_end(piece).map_err(|error| error.to_string())?;
        }
        if other.is_empty() {
            break;
        }
        length += other.len() as u64;
        if one.len() < other.len() {
            return Err("what came is too long".to_owned());
        }
        if one[..other.len()] == other[..] {
            same += other.len() as u64;
            continue;
        }
        for (one, other) in one.iter().zip(&other) {
            match other {
                other if one == other => same += 1,
                0 if !whole => {}
                _ => return Err("what came is not what was sent".to_owned()),
            }
        }
    }
    if whole && length != SIZE { Err("what came is too short".to_owned()) } else { Ok(same) }
}
