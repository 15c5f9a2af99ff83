//! What a mail will be, fixed at the moment from which it may go.

use jiff::Timestamp;

use super::docket::Docket;
use super::{Desk, UseCaseError};
use crate::enrolment::Claim;
use crate::flow::Segment;
use crate::id::MailId;
use crate::language::Language;
use crate::ports::{Content, MailTask, PortResult};

/// Fixes a mail's segment, language and published version; its coupon comes after.
pub(crate) async fn claim<W: Content>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    task: &MailTask,
    (segment, language): (&Segment, Language),
    now: Timestamp,
) -> Result<Claim, UseCaseError> {
    let name = docket.flow.mail_for(task.step, segment);
    let version = version(desk.world, name.as_str()).await?;
    Ok(Claim {
        mail: MailId::of(&docket.flow.id, &docket.flow.edition, task.step, task.enrolment),
        at: now,
        segment: segment.id.clone(),
        version: version.ok_or_else(|| UseCaseError::NoMail(name.to_string()))?,
        name,
        language,
        address: docket.shop.address,
        coupon: None,
    })
}

/// The version a mail is made of stays readable, so one that was replaced some seconds ago does. A mail that seems not to
/// be published may have been a moment ago.
async fn version<W: Content>(world: &W, name: &str) -> PortResult<Option<String>> {
    match world.glance_active("mail", name).await? {
        Some(version) => Ok(Some(version)),
        None => world.active("mail", name).await,
    }
}
