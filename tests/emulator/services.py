"""Uses the emulator as a program on AWS would: tables, files, queues and a function. Argument: the endpoint."""

import io
import sys
import zipfile

from aws import client

# What fails is not tried again.
ONCE = dict(retries={"total_max_attempts": 1})
BOOTSTRAP = '''#!/usr/bin/env python3
import os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    event = urllib.request.urlopen(api + "next")
    answer = b'{"said": ' + event.read() + b"}"
    path = api + event.headers["Lambda-Runtime-Aws-Request-Id"] + "/response"
    urllib.request.urlopen(urllib.request.Request(path, data=answer, method="POST"))
'''


def check_table(dynamodb):
    dynamodb.create_table(
        TableName="contacts",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    dynamodb.put_item(TableName="contacts", Item={"pk": {"S": "anna"}, "v": {"N": "7"}})
    item = dynamodb.get_item(TableName="contacts", Key={"pk": {"S": "anna"}}, ConsistentRead=True)["Item"]
    assert item["v"] == {"N": "7"}, item
    try:
        dynamodb.put_item(
            TableName="contacts", Item={"pk": {"S": "anna"}}, ConditionExpression="attribute_not_exists(pk)"
        )
        raise AssertionError("a condition was not checked")
    except dynamodb.exceptions.ConditionalCheckFailedException:
        pass


def check_file(s3):
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket="files", Key="mails/größe.mjml", Body="Grüße".encode())
    body = s3.get_object(Bucket="files", Key="mails/größe.mjml")["Body"].read()
    assert body == "Grüße".encode(), body


def check_queue(sqs):
    queue = sqs.create_queue(QueueName="delivery")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert [message["Body"] for message in messages] == ["one"], messages
    assert "Messages" not in sqs.receive_message(QueueUrl=queue), "a message in work was delivered again"


def check_function(functions):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        code.writestr(entry, BOOTSTRAP)
    functions.create_function(
        FunctionName="echo",
        Runtime="provided.al2023",
        Handler="bootstrap",
        Role="arn:aws:iam::000000000000:role/echo",
        Code={"ZipFile": archive.getvalue()},
    )
    answer = functions.invoke(FunctionName="echo", Payload=b'"hello"')["Payload"].read()
    assert answer == b'{"said": "hello"}', answer


def main(endpoint):
    check_table(client("dynamodb", endpoint, **ONCE))
    check_file(client("s3", endpoint, **ONCE))
    check_queue(client("sqs", endpoint, **ONCE))
    check_function(client("lambda", endpoint, **ONCE))
    print("all services answered")


main(sys.argv[1])
