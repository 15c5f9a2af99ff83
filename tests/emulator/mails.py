"""Speaks to the SES sink as AWS's own client for Python does. Argument: the endpoint.

The test has verified example.com, and makes faults from the tag "fault" of a mail.
"""

import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

KEY = dict(region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")


def client(endpoint, attempts):
    retries = Config(retries={"total_max_attempts": attempts, "mode": "standard"})
    return boto3.client("sesv2", endpoint_url=endpoint, config=retries, **KEY)


def mail(ses, mail_id, **tags):
    named = {"mail_id": mail_id, **tags}
    return ses.send_email(
        FromEmailAddress="Lunaria <shop@example.com>",
        Destination={"ToAddresses": ["Anna <anna@example.org>"]},
        ReplyToAddresses=["service@example.com"],
        Content={
            "Simple": {
                "Subject": {"Data": "Grüße für dich 💌", "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": "Schöne Ohrringe", "Charset": "UTF-8"},
                    "Html": {"Data": "<p>Schöne Ohrringe</p>", "Charset": "UTF-8"},
                },
                "Headers": [
                    {"Name": "List-Unsubscribe", "Value": "<https://example.com/u/1>"},
                    {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
                ],
            }
        },
        EmailTags=[{"Name": name, "Value": value} for name, value in named.items()],
        ConfigurationSetName="transactional",
    )["MessageId"]


def refused(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        answer = error.response
        got = (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"])
        assert got == (code, status), answer
        return error
    raise AssertionError(f"{code} was expected")


def check_setup(ses):
    refused("NotFoundException", 404, ses.get_configuration_set, ConfigurationSetName="transactional")
    ses.create_configuration_set(ConfigurationSetName="transactional")
    refused("AlreadyExistsException", 400, ses.create_configuration_set, ConfigurationSetName="transactional")
    assert ses.get_configuration_set(ConfigurationSetName="transactional")["SendingOptions"]["SendingEnabled"]
    assert ses.get_email_identity(EmailIdentity="example.com")["VerifiedForSendingStatus"] is True
    made = ses.create_email_identity(EmailIdentity="new.example")
    assert (made["IdentityType"], made["VerifiedForSendingStatus"]) == ("DOMAIN", False), made
    assert ses.get_email_identity(EmailIdentity="new.example")["VerificationStatus"] == "PENDING"


def check_account(ses):
    account = ses.get_account()
    assert account["ProductionAccessEnabled"] is True and account["SendingEnabled"] is True, account
    assert account["EnforcementStatus"] == "HEALTHY", account
    assert account["SendQuota"] == {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 2.0}, account


def check_suppression(ses):
    address = "b+o/c@example.org"
    refused("NotFoundException", 404, ses.get_suppressed_destination, EmailAddress=address)
    ses.put_suppressed_destination(EmailAddress=address, Reason="COMPLAINT")
    found = ses.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"]) == (address, "COMPLAINT"), found
    assert found["LastUpdateTime"].year >= 2026, found
    ses.put_suppressed_destination(EmailAddress="d@example.org", Reason="BOUNCE")
    listed = ses.list_suppressed_destinations(Reasons=["BOUNCE"])["SuppressedDestinationSummaries"]
    assert [one["EmailAddress"] for one in listed] == ["d@example.org"], listed
    first = ses.list_suppressed_destinations(PageSize=1)
    second = ses.list_suppressed_destinations(PageSize=1, NextToken=first["NextToken"])
    pages = [page["SuppressedDestinationSummaries"][0]["EmailAddress"] for page in (first, second)]
    assert pages == [address, "d@example.org"] and "NextToken" not in second, (first, second)
    ses.delete_suppressed_destination(EmailAddress=address)
    refused("NotFoundException", 404, ses.delete_suppressed_destination, EmailAddress=address)


def check_faults(once, thrice):
    def send(fault):
        return lambda: mail(once, f"refused-{fault}", fault=fault)

    error = refused("TooManyRequestsException", 429, send("rate"))
    assert isinstance(error, once.exceptions.TooManyRequestsException), error
    assert "Maximum sending rate exceeded" in str(error), error
    assert "Daily message quota exceeded" in str(refused("TooManyRequestsException", 429, send("quota")))
    assert isinstance(refused("MessageRejected", 400, send("rejected")), once.exceptions.MessageRejected)
    suspended = refused("AccountSuspendedException", 400, send("suspended"))
    assert isinstance(suspended, once.exceptions.AccountSuspendedException), suspended
    # Standard retries take the throttling for what it is, and a lost answer for a reason to send again.
    mail(thrice, "throttled-once", fault="rate-once")
    mail(thrice, "answer-lost", fault="lost-once")


def main(endpoint):
    once, thrice = client(endpoint, 1), client(endpoint, 3)
    check_setup(once)
    mail(once, "simple")
    raw = b"From: shop@example.com\r\nTo: anna@example.org\r\nSubject: raw\r\n\r\nHello\r\n"
    once.send_email(Content={"Raw": {"Data": raw}}, EmailTags=[{"Name": "mail_id", "Value": "raw"}])
    check_account(once)
    check_suppression(once)
    check_faults(once, thrice)
    print("the client understood every answer")


main(sys.argv[1])
