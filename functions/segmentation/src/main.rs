//! Reads what is due and hands it on, once a day.

use std::process::ExitCode;

use nachklang_aws::config::Function;

fn main() -> ExitCode {
    nachklang_aws::run(Function::Segmentation, segmentation::handle)
}
