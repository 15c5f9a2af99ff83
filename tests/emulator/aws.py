"""AWS's own client for the emulator."""

import boto3
from botocore.config import Config

REGION = "eu-central-1"


def client(service, endpoint, **config):
    """A client that asks the emulator, which accepts any key. Buckets stand in the path there."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(s3={"addressing_style": "path"}, **config),
    )
