//! The emulator does what the tests of the AWS parts build on, and never outlives the program that started it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use nachklang_tests::emulator::{self, Emulator};

/// Set for the copy of this program that starts an emulator only to be killed.
const VICTIM: &str = "NACHKLANG_TESTS_VICTIM";

#[tokio::test]
async fn tables_files_queues_and_functions_answer_as_on_aws() -> anyhow::Result<()> {
    let Some(emulator) = emulator::shared().await? else { return Ok(()) };
    assert_eq!(use_services(emulator)?, "all services answered\n");
    Ok(())
}

#[tokio::test]
async fn the_tests_of_one_program_share_one_emulator() -> anyhow::Result<()> {
    let (Some(one), Some(other)) = (emulator::shared().await?, emulator::shared().await?) else {
        return Ok(());
    };
    assert_eq!((one.process_id(), one.endpoint()), (other.process_id(), other.endpoint()));
    Ok(())
}

#[tokio::test]
async fn the_emulator_listens_on_loopback_only() -> anyhow::Result<()> {
    let Some(emulator) = emulator::shared().await? else { return Ok(()) };
    let said = std::fs::read_to_string(emulator.log())?;
    assert!(said.contains(&format!("Running on {} ", emulator.endpoint())));
    assert!(!said.contains("Running on http://0.0.0.0"));
    Ok(())
}

#[tokio::test]
async fn a_stopped_emulator_leaves_no_process() -> anyhow::Result<()> {
    if emulator::python().await?.is_none() {
        return Ok(());
    }
    let emulator = Emulator::start().await?;
    use_services(&emulator)?;
    let group = emulator.process_id();
    assert!(alive(group)? >= 2, "the emulator and its function run in one process group");
    tokio::task::spawn_blocking(|| emulator.stop()).await??;
    assert_eq!(alive(group)?, 0);
    Ok(())
}

#[tokio::test]
async fn no_process_is_left_when_the_program_is_killed() -> anyhow::Result<()> {
    if std::env::var_os(VICTIM).is_some() {
        return wait_to_be_killed().await;
    }
    if emulator::python().await?.is_none() {
        return Ok(());
    }
    let mut victim = Command::new(std::env::current_exe()?)
        .args(["--exact", "no_process_is_left_when_the_program_is_killed", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(victim.stdout.take().context("no output")?).lines();
    let group = loop {
        let line = lines.next().context("the victim said nothing")??;
        if let Some((_, group)) = line.split_once("emulator ") {
            break group.parse()?;
        }
    };
    ensure!(alive(group)? >= 2, "the emulator or its function does not run");
    victim.kill()?;
    victim.wait()?;
    wait_for_the_end(group)
}

#[test]
fn skipping_says_so_and_starts_nothing() -> anyhow::Result<()> {
    let test = "tables_files_queues_and_functions_answer_as_on_aws";
    let output =
        Command::new(std::env::current_exe()?).args(["--exact", test]).env(emulator::SKIP, "1").output()?;
    assert!(output.status.success());
    assert!(String::from_utf8(output.stderr)?.contains("skipped: NACHKLANG_SKIP_AWS=1"));
    Ok(())
}

async fn wait_to_be_killed() -> anyhow::Result<()> {
    let emulator = Emulator::start().await?;
    use_services(&emulator)?;
    writeln!(std::io::stdout(), "emulator {}", emulator.process_id())?;
    loop {
        std::thread::park();
    }
}

fn use_services(emulator: &Emulator) -> anyhow::Result<String> {
    let output = emulator.python().script("services.py").arg(emulator.endpoint()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// The processes of a group, without those that have ended and only wait to be noticed. A slim Linux has no `ps`.
fn alive(group: u32) -> anyhow::Result<usize> {
    match std::fs::read_dir("/proc") {
        Ok(entries) => Ok(entries.flatten().filter(|entry| is_alive_in(&entry.path(), group)).count()),
        Err(_) => alive_by_ps(group),
    }
}

/// Whether a folder of `/proc` is a process of that group: behind its name in parentheses stand state, parent and group.
fn is_alive_in(process: &Path, group: u32) -> bool {
    let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    matches!(fields.as_slice(), [state, _, of, ..] if *of == group.to_string() && !state.starts_with('Z'))
}

fn alive_by_ps(group: u32) -> anyhow::Result<usize> {
    let listed = Command::new("ps").args(["-A", "-o", "pgid=,stat="]).output().context("cannot run ps")?;
    let listed = String::from_utf8(listed.stdout)?;
    let of_group = |line: &&str| {
        let mut fields = line.split_whitespace();
        fields.next() == Some(&group.to_string())
            && !fields.next().is_some_and(|state| state.starts_with('Z'))
    };
    Ok(listed.lines().filter(of_group).count())
}

fn wait_for_the_end(group: u32) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while alive(group)? > 0 {
        ensure!(Instant::now() < deadline, "{} processes are left", alive(group)?);
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
