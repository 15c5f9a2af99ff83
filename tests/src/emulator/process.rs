//! One running emulator.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::{PythonEnvironment, REGION, folder};

/// Usually 0.6 s; a busy machine compiles Python's files first.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// `run.py` kills its whole process group ten seconds after the stop.
const STOPPED_WITHIN: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(25);
/// A free port can be taken by another program before the emulator binds it.
const ATTEMPTS: usize = 3;
const LOG_TAIL: usize = 2_000;

/// A running emulator. It ends when it is stopped or dropped, and with the program that started it.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    port: u16,
    log: PathBuf,
    python: PythonEnvironment,
}

impl Emulator {
    /// Starts an emulator of its own, empty and on a free port of the loopback interface.
    ///
    /// # Errors
    /// If there is no Python 3.10, if its packages cannot be installed, or if the emulator does not get ready.
    pub async fn start() -> anyhow::Result<Self> {
        tokio::task::spawn_blocking(|| {
            let python = PythonEnvironment::ready()?;
            start_on_some_port(&python)
        })
        .await?
    }

    /// The endpoint of every service, such as `http://127.0.0.1:43117`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The `Host` header under which the endpoint answers for an HTTP API.
    pub fn api_host(&self, api_id: &str) -> String {
        format!("{api_id}.execute-api.localhost:{}", self.port)
    }

    /// The region of all resources.
    pub fn region(&self) -> &'static str {
        REGION
    }

    /// The process; it leads a process group that holds all functions it runs.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// What the emulator said, with the output of every function.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The environment it runs in, for scripts that use AWS's Python client.
    pub fn python(&self) -> &PythonEnvironment {
        &self.python
    }

    /// Stops it in an orderly way and waits for its end. Blocks.
    ///
    /// # Errors
    /// If the process cannot be waited for.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.end()
    }

    fn end(&mut self) -> anyhow::Result<()> {
        // `run.py` stops when its standard input closes.
        drop(self.child.stdin.take());
        let deadline = Instant::now() + STOPPED_WITHIN;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                self.child.kill()?;
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                bail!("the emulator ended with {status} before it was ready. {}", self.said());
            }
            if self.serves() {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        bail!("the emulator was not ready after {} s. {}", READY_WITHIN.as_secs(), self.said())
    }

    // The port may belong to somebody else who answers as well: only the own log proves that this one serves.
    fn serves(&self) -> bool {
        let announced = std::fs::read_to_string(&self.log)
            .is_ok_and(|log| log.contains(&format!("Running on {}", self.endpoint())));
        announced && ureq::get(format!("{}/_ministack/health", self.endpoint())).call().is_ok()
    }

    fn lost_its_port(&self) -> bool {
        std::fs::read_to_string(&self.log).is_ok_and(|log| log.contains("already in use"))
    }

    fn said(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let tail = log.chars().rev().take(LOG_TAIL).collect::<Vec<_>>().into_iter().rev().collect::<String>();
        format!("The end of {}:\n{tail}", self.log.display())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("the emulator cannot be stopped: {error}");
        }
    }
}

fn start_on_some_port(python: &PythonEnvironment) -> anyhow::Result<Emulator> {
    for _ in 1..ATTEMPTS {
        let mut emulator = spawn(python.clone(), free_port()?)?;
        match emulator.wait_until_ready() {
            Err(_) if emulator.lost_its_port() => {}
            outcome => return outcome.map(|()| emulator),
        }
    }
    let mut emulator = spawn(python.clone(), free_port()?)?;
    emulator.wait_until_ready().map(|()| emulator)
}

fn free_port() -> anyhow::Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on the loopback interface")?;
    Ok(listener.local_addr()?.port())
}

fn spawn(python: PythonEnvironment, port: u16) -> anyhow::Result<Emulator> {
    let log = folder::log(port)?;
    let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = python.script("run.py");
    configure(&mut command, port);
    command.stdin(Stdio::piped()).stdout(output.try_clone()?).stderr(output);
    let child = command.spawn().context("cannot start the emulator")?;
    Ok(Emulator { child, port, log, python })
}

/// Its default would listen on every interface, without authentication.
fn configure(command: &mut Command, port: u16) {
    command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
    command.env("MINISTACK_REGION", REGION).env("SFTP_ENABLED", "0").env("IOT_MTLS_ENABLED", "0");
}
