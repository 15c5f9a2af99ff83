//! Takes in what marketers upload.

use std::process::ExitCode;

use nachklang_aws::config::Function;

fn main() -> ExitCode {
    nachklang_aws::lambda::run(Function::FileImport, file_import::handle)
}
