//! The process at the other end of a connection, which dies in the middle of its work.
//!
//! Linux tells which process holds a socket: `/proc/net/tcp` names the socket of a port, and the open files of a process
//! name its sockets. Elsewhere nobody is found.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// Lambda's name for the program of a function; nothing else is ever killed.
const BOOTSTRAP: &str = "bootstrap";
/// The variable that tells a function its own name.
const FUNCTION: &str = "AWS_LAMBDA_FUNCTION_NAME=";

/// Whether callers can be found on this machine.
#[must_use]
pub fn can_be_killed() -> bool {
    Path::new("/proc/self/net/tcp").is_file()
}

/// The two ports of a connection over the loopback interface. The same port may be open to several others at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    /// The caller's.
    pub(super) from: u16,
    /// That of who is called.
    pub(super) to: u16,
}

/// Kills the function at the other end of a connection, without warning; answers its name, or nothing if that is no
/// function.
///
/// # Errors
/// When it cannot be killed.
pub(super) fn kill(ports: Ports) -> anyhow::Result<Option<String>> {
    let Some((process, function)) = function_at(ports) else { return Ok(None) };
    let killed = Command::new("sh").arg("-c").arg(format!("kill -KILL {process}")).output()?;
    ensure!(killed.status.success(), "{function} cannot be killed");
    Ok(Some(function))
}

/// The function at the other end of a connection, if it is one.
pub(super) fn name_at(ports: Ports) -> Option<String> {
    function_at(ports).map(|(_, function)| function)
}

fn function_at(ports: Ports) -> Option<(u32, String)> {
    let socket = format!("socket:[{}]", socket_of(ports)?);
    let holds_it = |process: &u32| {
        let files = std::fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
        files
            .filter_map(|file| std::fs::read_link(file.path()).ok())
            .any(|target| target == Path::new(&socket))
    };
    let process = functions().into_iter().find(holds_it)?;
    Some((process, name_of(process).ok()?))
}

/// The caller's socket, by its number.
fn socket_of(ports: Ports) -> Option<String> {
    let table = std::fs::read_to_string("/proc/self/net/tcp").ok()?;
    let ends = [ports.from, ports.to].map(|port| format!(":{port:04X}"));
    let row = |line: &str| {
        let mut columns = line.split_whitespace().skip(1);
        let found = ends.iter().all(|end| columns.next().is_some_and(|column| column.ends_with(end)));
        found.then(|| columns.nth(6).map(str::to_owned)).flatten()
    };
    table.lines().skip(1).filter_map(row).find(|socket| socket != "0")
}

/// The processes that run a function.
fn functions() -> Vec<u32> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let is_function = |process: &PathBuf| {
        std::fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == BOOTSTRAP)
    };
    let number = |process: PathBuf| process.file_name()?.to_str()?.parse().ok();
    all.filter(is_function).filter_map(number).collect()
}

fn name_of(process: u32) -> anyhow::Result<String> {
    let environment = std::fs::read(format!("/proc/{process}/environ"))?;
    let variables = environment.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let own = variables.filter_map(|variable| variable.strip_prefix(FUNCTION).map(str::to_owned)).next();
    own.context("a function knows its name")
}
