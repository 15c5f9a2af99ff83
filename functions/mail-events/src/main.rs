//! Takes what SES tells about mails.

use std::process::ExitCode;

use nachklang_aws::config::Function;
use nachklang_aws::run;

fn main() -> ExitCode {
    run(Function::MailEvents, mail_events::handle)
}
