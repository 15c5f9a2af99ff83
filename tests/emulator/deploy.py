"""Deploys a stack as `sam package` and `aws cloudformation create-stack` would. Standard input: what to deploy, as JSON.

{"endpoint": …, "stack": …, "bucket": …, "template": text, "parameters": {name: value}, "programs": {name: path}}

Standard output: {"outputs": {name: value}, "resources": {logical id: physical id}}.
"""

import io
import json
import sys
import time
import zipfile

import boto3
from botocore.config import Config

KEY = dict(region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
DEPLOYED_WITHIN_SECONDS = 120


def client(service, endpoint):
    return boto3.client(service, endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"}), **KEY)


def archive(program):
    """What Lambda takes: a program named bootstrap that may be executed. Not compressed: that would take longer."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as code:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        with open(program, "rb") as binary:
            code.writestr(entry, binary.read())
    return made.getvalue()


def package(s3, bucket, programs, template):
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": KEY["region_name"]})
    for name, program in programs.items():
        s3.put_object(Bucket=bucket, Key=name, Body=archive(program))
    s3.put_object(Bucket=bucket, Key="template.yaml", Body=template.encode())


def wait(formation, stack):
    deadline = time.monotonic() + DEPLOYED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        described = formation.describe_stacks(StackName=stack)["Stacks"][0]
        if not described["StackStatus"].endswith("_IN_PROGRESS"):
            return described
        time.sleep(0.05)
    sys.exit(f"the stack is not there after {DEPLOYED_WITHIN_SECONDS} s")


def reasons(formation, stack):
    events = formation.describe_stack_events(StackName=stack)["StackEvents"]
    told = [event for event in events if event.get("ResourceStatusReason")]
    return "\n".join(f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}" for event in told)


def main():
    order = json.load(sys.stdin)
    endpoint, stack, bucket = order["endpoint"], order["stack"], order["bucket"]
    formation = client("cloudformation", endpoint)
    package(client("s3", endpoint), bucket, order["programs"], order["template"])
    formation.create_stack(
        StackName=stack,
        TemplateURL=f"{endpoint}/{bucket}/template.yaml",
        Capabilities=CAPABILITIES,
        Parameters=[dict(ParameterKey=name, ParameterValue=value) for name, value in order["parameters"].items()],
    )
    described = wait(formation, stack)
    if described["StackStatus"] != "CREATE_COMPLETE":
        sys.exit(f"{described['StackStatus']}:\n{reasons(formation, stack)}")
    resources = formation.describe_stack_resources(StackName=stack)["StackResources"]
    json.dump(
        {
            "outputs": {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])},
            "resources": {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources},
        },
        sys.stdout,
    )


main()
