//! Makes each claimed mail and hands it to SES, once.

use std::process::ExitCode;
use std::sync::OnceLock;

use nachklang_aws::config::Function;
use nachklang_aws::mailer::SesMailer;

fn main() -> ExitCode {
    // One for the whole process: it keeps the rate.
    let mailer = OnceLock::new();
    nachklang_aws::run(Function::MailDelivery, async |site, event| {
        let mailer = match mailer.get() {
            Some(mailer) => mailer,
            None => {
                let made = SesMailer::new((*site.clients.ses).clone(), &site.config)?;
                mailer.get_or_init(|| made)
            }
        };
        mail_delivery::handle(site, mailer, event).await
    })
}
