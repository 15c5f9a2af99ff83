//! What happened to an order, told so that customer service can read it out.

use std::fmt;

use nachklang_domain::contact::Contact;
use nachklang_domain::disposition::{Disposition, disposition};
use nachklang_domain::enrolment::{Enrolment, StepState};
use nachklang_domain::order::Order;
use nachklang_domain::ports::Contacts as _;
use nachklang_domain::story::MailStory;
use serde::Serialize;

use crate::site::Site;

/// The story of an order.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// The order.
    pub order: String,
    /// How it ended, or where it stands.
    #[serde(flatten)]
    pub disposition: Disposition,
    /// The same in a sentence.
    pub because: String,
    /// The lines: pieces kept of pieces bought, name, series.
    pub lines: Vec<String>,
    /// The mails it is part of, step by step.
    pub steps: Vec<String>,
    /// Why its mail looks as it does.
    pub story: Option<MailStory>,
}

/// Explains an order.
///
/// # Errors
/// When the store does not answer.
pub async fn explain(site: &Site, order: &Order) -> anyhow::Result<Explanation> {
    let catalog = site.catalog()?;
    let contact = match order.contact {
        Some(id) => site.store.load_contact(&order.key.shop, id).await?.map(|(contact, _)| contact),
        None => None,
    };
    let disposition = disposition(order, contact.as_ref(), &catalog);
    let story = match &disposition {
        Disposition::Mailed { mail } => site.outbox.story(*mail)?,
        _ => None,
    };
    Ok(Explanation {
        order: order.key.to_string(),
        because: because(&disposition),
        lines: lines(order),
        steps: contact.as_ref().map(|contact| steps(contact, order)).unwrap_or_default(),
        disposition,
        story,
    })
}

fn because(disposition: &Disposition) -> String {
    match disposition {
        Disposition::Mailed { mail } => format!("its mail {mail} was accepted"),
        Disposition::Waiting { due } => format!("its mail waits for {due}"),
        Disposition::Underway { mail } => format!("its mail {mail} is on its way"),
        Disposition::Unknown { mail } => {
            format!("nobody knows whether its mail {mail} was accepted; it is not sent again")
        }
        Disposition::Failed { mail } => format!("its mail {mail} was refused by the mail service"),
        Disposition::Skipped { reason } => format!("no mail of its own: {}", reason.in_words()),
    }
}

fn lines(order: &Order) -> Vec<String> {
    let lines = order.snapshot.iter().flat_map(|snapshot| &snapshot.lines);
    lines
        .map(|line| {
            let series = line.details.series.as_ref().map_or("no series", |series| series.as_str());
            format!(
                "{} of {} kept: {} at {} ({series})",
                order.kept(line),
                line.quantity,
                line.title,
                line.unit_price
            )
        })
        .collect()
}

fn steps(contact: &Contact, order: &Order) -> Vec<String> {
    let enrolments = contact.enrolments.iter().filter(|enrolment| enrolment.holds(&order.key));
    enrolments
        .flat_map(|enrolment| {
            (1..).zip(&enrolment.steps).map(move |(at, step)| tell(enrolment, at, &step.state, step.due))
        })
        .collect()
}

fn tell(enrolment: &Enrolment, at: u32, state: &StepState, due: jiff::civil::Date) -> String {
    let variant =
        enrolment.variant.as_ref().map(|variant| format!(", variant {variant}")).unwrap_or_default();
    let end = match state {
        StepState::Waiting => "waits".to_owned(),
        StepState::Claimed(claim) => format!("claimed for segment {}", claim.segment),
        StepState::Sending { .. } => "is being handed over".to_owned(),
        StepState::Sent { at, claim, .. } => {
            format!("sent {at} to segment {} in {}", claim.segment, claim.language)
        }
        StepState::Failed { reason, .. } => format!("refused: {reason}"),
        StepState::Unknown { since, .. } => format!("unknown since {since}"),
        StepState::Skipped { reason, at } => format!("skipped {at}: {}", reason.in_words()),
    };
    format!("flow {}{variant}, step {at}, due {due}: {end}", enrolment.flow)
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.order, self.because)?;
        self.lines.iter().chain(&self.steps).try_for_each(|line| write!(f, "\n  {line}"))?;
        let Some(story) = &self.story else { return Ok(()) };
        for told in &story.chosen {
            write!(f, "\n  shows {}: {}", told.product, told.word)?;
        }
        story.dropped.iter().try_for_each(|told| write!(f, "\n  leaves out {}: {}", told.product, told.word))
    }
}
