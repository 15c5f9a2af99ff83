#!/usr/bin/env python3
"""Prints the plain CloudFormation that SAM makes of a template, as JSON. Needs aws-sam-translator and no network.

usage: translate.py [template.yaml]
"""

import json
import os
import sys
from pathlib import Path

# boto3 asks for a region although nothing is called.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.public.parser import Parser
from samtranslator.public.translator import Translator
from samtranslator.yaml_helper import yaml_parse


def for_translation(template):
    """What `sam build` and `sam package` do before SAM sees a template: code becomes an address in S3, build notes go."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "code", "Key": Path(resource["Properties"]["CodeUri"]).name}
            resource.pop("Metadata", None)
    return template


def translate(template):
    """The translated template. The template names no managed policy, so the map of their addresses is empty."""
    translator = Translator(managed_policy_map={}, sam_parser=Parser())
    return translator.translate(for_translation(template), parameter_values={})


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.yaml")
    try:
        json.dump(translate(yaml_parse(path.read_text(encoding="utf-8"))), sys.stdout, indent=1, default=str)
    except InvalidDocumentException as error:
        sys.exit("\n".join([f"{path}: SAM cannot translate it"] + [str(cause.message) for cause in error.causes]))


if __name__ == "__main__":
    main()
