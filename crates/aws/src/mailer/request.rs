//! A mail as a `SendEmail` request.
//!
//! A simple content, not a raw one: SES itself writes the MIME parts and signs them, and no text of ours can become a
//! header that was not meant as one.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::operation::send_email::builders::SendEmailFluentBuilder;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag};
use nachklang_domain::mail::message::OutgoingMail;

const CHARSET: &str = "UTF-8";

/// The request for one mail to one person.
pub(super) fn send_email(
    client: &Client,
    configuration_set: &str,
    mail: &OutgoingMail,
) -> Result<SendEmailFluentBuilder, BuildError> {
    let envelope = mail.envelope();
    let reply_to = envelope.reply_to.as_ref().map(|address| vec![address.expose().to_owned()]);
    Ok(client
        .send_email()
        .configuration_set_name(configuration_set)
        .from_email_address(mail.from_header())
        .destination(Destination::builder().to_addresses(envelope.to.expose()).build())
        .set_reply_to_addresses(reply_to)
        .set_email_tags(Some(tags(mail)?))
        .content(EmailContent::builder().simple(message(mail)?).build()))
}

fn message(mail: &OutgoingMail) -> Result<Message, BuildError> {
    let content = mail.content();
    let body = Body::builder().html(text(content.html())?).text(text(content.text())?).build();
    let headers = mail.headers().into_iter().map(|(name, value)| header(name, &value));
    let headers = headers.collect::<Result<_, _>>()?;
    Ok(Message::builder().subject(text(content.subject())?).body(body).set_headers(Some(headers)).build())
}

fn text(text: &str) -> Result<Content, BuildError> {
    Content::builder().data(text).charset(CHARSET).build()
}

fn header(name: &str, value: &str) -> Result<MessageHeader, BuildError> {
    MessageHeader::builder().name(name).value(value).build()
}

fn tags(mail: &OutgoingMail) -> Result<Vec<MessageTag>, BuildError> {
    let tags = mail.tags().into_iter();
    tags.map(|(name, value)| MessageTag::builder().name(name).value(value).build()).collect()
}
