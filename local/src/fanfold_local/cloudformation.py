"""Resource types of our stacks that the emulator's CloudFormation lacks.

A template with a type that is neither the emulator's nor named here is refused ("Unrecognized
resource types"); nothing is passed over in silence.
"""

import json
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import batch
from ministack.services.cloudformation import provisioners

from fanfold_local.aws_json import camel

Shape = dict[str, Any]
Created = tuple[str, Shape]

# Types that say something about AWS's network, bills or operators' console, of which there is none
# here. Nothing that our code calls depends on them. (The emulator has alarms, without metric math.)
WITHOUT_LOCAL_MEANING = (
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::EC2::EIP",
    "AWS::EC2::FlowLog",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::NetworkAclEntry",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::ResourceGroups::Group",
    "AWS::XRay::Group",
)


def register() -> None:
    """Add the types to the emulator's."""
    handlers = {
        "AWS::Batch::ComputeEnvironment": _named(
            batch._create_compute_environment,
            batch._compute_envs,
            "computeEnvironment",
        ),
        "AWS::Batch::JobQueue": _named(batch._create_job_queue, batch._job_queues, "jobQueue"),
        "AWS::Batch::SchedulingPolicy": _scheduling_policy(),
        "AWS::Batch::JobDefinition": _job_definition(),
    }
    for resource_type, handler in handlers.items():
        provisioners._RESOURCE_HANDLERS[resource_type] = handler
    for resource_type in WITHOUT_LOCAL_MEANING:
        provisioners._RESOURCE_HANDLERS[resource_type] = _placeholder(resource_type)


def _named(create: Callable[[Shape], Any], stored: Any, word: str) -> Shape:
    """Handle a resource that Batch knows by its name, and that keeps its ARN when it changes."""
    name_key, arn_key = f"{word}Name", f"{word}Arn"

    def put(logical_id: str, properties: Shape, stack: str) -> Created:
        request = camel(properties)
        request.setdefault(name_key, _physical_name(stack, logical_id))
        stored.pop(request[name_key], None)
        status, _, body = create(request)
        answer = json.loads(body)
        if status >= 400:
            raise ValueError(answer["message"])
        return answer[arn_key], {word[0].upper() + word[1:] + "Arn": answer[arn_key]}

    def delete(physical_id: str, _properties: Shape) -> None:
        stored.pop(physical_id.rsplit("/", 1)[-1], None)

    return _handler(put, delete)


def _scheduling_policy() -> Shape:
    """Handle a policy by its ARN alone: here all shares weigh the same."""

    def put(logical_id: str, properties: Shape, stack: str) -> Created:
        name = properties.get("Name") or _physical_name(stack, logical_id)
        arn = f"arn:aws:batch:{get_region()}:{get_account_id()}:scheduling-policy/{name}"
        return arn, {"Arn": arn}

    return _handler(put, lambda _physical_id, _properties: None)


def _job_definition() -> Shape:
    """Handle a definition: every change is a new revision, and its ARN the physical id."""

    def put(logical_id: str, properties: Shape, stack: str) -> Created:
        request = camel(properties)
        request.setdefault("jobDefinitionName", _physical_name(stack, logical_id))
        _, _, body = batch._register_job_definition(request)
        answer = json.loads(body)
        revision = batch._job_definitions[answer["jobDefinitionName"]][-1]
        # What the emulator's RegisterJobDefinition leaves out.
        kept = ("parameters", "retryStrategy", "timeout", "schedulingPriority", "propagateTags")
        revision.update({key: request[key] for key in kept if key in request})
        arn = answer["jobDefinitionArn"]
        return arn, {"JobDefinitionArn": arn}

    def delete(physical_id: str, _properties: Shape) -> None:
        name, _, number = physical_id.rsplit("/", 1)[-1].partition(":")
        for revision in batch._job_definitions.get(name) or []:
            if str(revision["revision"]) == number:
                revision["status"] = "INACTIVE"

    return _handler(put, delete)


def _placeholder(resource_type: str) -> Shape:
    """Handle a type without local meaning: it exists by name only."""

    def put(logical_id: str, _properties: Shape, stack: str) -> Created:
        physical_id = f"{_physical_name(stack, logical_id)}-{uuid.uuid4().hex[:8]}"
        attributes = ("Arn", "AllocationId", "NatGatewayId", "Id", "PublicIp")
        return physical_id, dict.fromkeys(attributes, f"{resource_type}/{physical_id}")

    return _handler(put, lambda _physical_id, _properties: None)


def _handler(
    put: Callable[[str, Shape, str], Created], delete: Callable[[str, Shape], None]
) -> Shape:
    def update(
        physical_id: str, _old: Shape, properties: Shape, stack: str, logical_id: str | None = None
    ) -> Created:
        return put(logical_id or physical_id, properties, stack)

    return {"create": put, "update": update, "update_with_logical_id": True, "delete": delete}


def _physical_name(stack: str, logical_id: str) -> str:
    return provisioners._physical_name(stack, logical_id)
