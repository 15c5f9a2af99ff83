//! Tells and erases what is stored of one person.

use std::process::ExitCode;

use nachklang_aws::config::Function;

fn main() -> ExitCode {
    nachklang_aws::run(Function::PersonData, person_data::handle)
}
