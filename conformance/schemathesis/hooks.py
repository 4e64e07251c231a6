"""Adapts schemathesis to what the service rejects for semantic reasons, and to the resources that exist.

The check positive_data_acceptance is replaced. It expects the service to accept every request that conforms to the schema,
unless the response is 401, 403, 404 or 409. The public contract of the Cloud Stream Service uses 400 where others use 404 or
409: clients poll for a 400 with CS.22103 after a delete. The VPC service returns 400 for a peering of a VPC with itself,
which no schema can forbid. So a 400 is accepted if its code stands for a semantic error. Every other 400 for a valid request
is a failure, in particular one with a code of a malformed request (CS.10004, CS.22101, VPC.22101).

Half of the valid requests of the fuzzing phase address resources that earlier responses named. A random id hardly ever
exists, so otherwise almost every request would address a missing resource.
"""

import json
import os
import zlib

import schemathesis
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import positive_data_acceptance

SEMANTIC_CODES = {
    "CS.20005",  # cluster not found
    "CS.22102",  # VPC peered with itself
    "CS.22103",  # peering not found
    "CS.22104",  # VPCs already peered
    "CS.22105",  # status conflict
    "CS.22109",  # the route exists
    "CS.22110",  # route not found
    "CS.22111",  # the cluster has peerings
    "CS.22112",  # addresses with host bits, or that do not fit together
    "CS.22113",  # quota exceeded
    "CS.22114",  # idempotency key reused with another request
    "VPC.22102",  # VPC peered with itself
    "VPC.22114",  # idempotency key reused with another request
}


@schemathesis.check
def schema_valid_requests_are_accepted(ctx, response, case):
    if response.status_code in (400, 422) and error_code(response) in SEMANTIC_CODES:
        return None
    return positive_data_acceptance(ctx, response, case)


def error_code(response):
    body = json_object(response)
    return body.get("error_id") or body.get("code")


# The path parameters of every known resource. The first two are ACTIVE peerings created for this run, one of the cluster
# and one of the VPC service. They are never deleted, so that routes can be created and peerings renamed.
resources = json.loads(os.environ["CONFORMANCE_RESOURCES"])
PERMANENT = len(resources)


@schemathesis.hook
def after_call(ctx, case, response):
    if case.method != "POST" or response.status_code not in (200, 201):
        return
    body = json_object(response)
    for parameter, envelope, member in (
        ("cluster_id", "payload", "cluster_id"),
        ("peering_id", "peering", "id"),
        ("route_id", "route", "id"),
    ):
        created = (body.get(envelope) or {}).get(member)
        if created:
            resources.append({**(case.path_parameters or {}), parameter: str(created)})


@schemathesis.hook
def before_call(ctx, case, kwargs):
    if case.meta is None or case.meta.phase.name != TestPhase.FUZZING or not case.meta.generation.mode.is_positive:
        return
    names = (case.path_parameters or {}).keys()
    candidates = [r for r in resources[PERMANENT if case.method == "DELETE" else 0 :] if names <= r.keys()]
    # A hash of the request decides, so that a repeated request stays the same.
    choice = zlib.crc32(json.dumps([case.path_parameters, case.body], sort_keys=True, default=str).encode())
    if choice % 2 or not names or not candidates:
        return
    recent = candidates[:2] + candidates[-6:]
    chosen = recent[choice // 2 % len(recent)]
    case.path_parameters.update({name: chosen[name] for name in names})


def json_object(response):
    """Returns the JSON object in a body, or an empty one."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
