//! Puts a mail that cannot go now on the due list of the next day whose run has not begun.

use jiff::{Timestamp, ToSpan};

use super::next_look::next_look;
use super::{Desk, UseCaseError};
use crate::ports::{Contacts, DueEntry, DueList, MailTask};

/// Brings a mail back to the next run, mostly tomorrow's, in the order in which it first was due. Doing it again changes nothing.
///
/// For what only an operator or a marketer can mend: the switch is off, the account cannot send, a mail is not
/// published. Its task is done then, and no queue has to hold it.
///
/// # Errors
/// [`UseCaseError`]; the task must not be given up then.
pub async fn postpone<W: Contacts + DueList>(
    desk: Desk<'_, W>,
    task: &MailTask,
    now: Timestamp,
) -> Result<(), UseCaseError> {
    // The entry of a shop that is not configured waits until it is.
    let tomorrow = || now.to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(1.day());
    let day = desk.catalog.shop(&task.shop).map_or_else(tomorrow, |shop| next_look(shop, now));
    let seen = desk.world.glance_contact(&task.shop, task.contact).await?;
    let step = seen.as_ref().and_then(|(contact, _)| contact.step(task.enrolment, task.step));
    let first_due = step.map_or(day, |step| step.due);
    Ok(desk.world.put_due(&[DueEntry { day, first_due, task: task.clone() }]).await?)
}
