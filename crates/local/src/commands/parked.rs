//! tmp
pub(super) async fn run(_p: &crate::cli::Place, _r: Option<&str>) -> anyhow::Result<std::process::ExitCode> { anyhow::bail!("x") }
