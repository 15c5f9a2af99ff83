//! Where recipients end the mails.

use std::process::ExitCode;

use nachklang_aws::config::Function;

fn main() -> ExitCode {
    nachklang_aws::run(Function::RecipientPortal, recipient_portal::handle)
}
