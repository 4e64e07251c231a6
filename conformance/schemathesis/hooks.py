"""Teaches schemathesis what the service refuses for its meaning, and what there is.

The check positive_data_acceptance is replaced. It takes a request that follows the schema for one that has to be accepted,
unless the answer is 401, 403, 404 or 409. The Cloud Stream Service says by its public contract 400 where others say 404 or
409: clients poll for a 400 with CS.22103 after a delete. The VPC service answers 400 to a peering of a VPC with itself,
which no schema can forbid. So a 400 is accepted if its code says that the meaning was refused; every other 400 to a valid
request stays a failure, those with the codes of a wrong form (CS.10004, CS.22101, VPC.22101) above all.

Half of the valid requests of the fuzzing phase are sent to what earlier answers named, because a random id hardly ever
exists and the service would then only be asked about things that it does not have.
"""

import json
import os
import zlib

import schemathesis
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import positive_data_acceptance

MEANING = {
    "CS.20005",  # no such cluster
    "CS.22102",  # VPC peered with itself
    "CS.22103",  # no such peering
    "CS.22104",  # VPCs already peered
    "CS.22105",  # wrong status
    "CS.22109",  # the route exists
    "CS.22110",  # no such route
    "CS.22111",  # the cluster has peerings
    "CS.22112",  # addresses with host bits, or that do not fit each other
    "CS.22113",  # the quota is exceeded
    "CS.22114",  # the idempotency key belongs to another request
    "VPC.22102",  # VPC peered with itself
    "VPC.22114",  # the idempotency key belongs to another request
}


@schemathesis.check
def schema_valid_requests_are_accepted(ctx, response, case):
    if response.status_code in (400, 422) and code_of(response) in MEANING:
        return None
    return positive_data_acceptance(ctx, response, case)


def code_of(response):
    body = object_in(response)
    return body.get("error_id") or body.get("code")


# What there is: the path parameters that lead to a thing each. The first two were made for this run, a peering of the
# cluster and one of the VPC service, both ACTIVE, and are not deleted, so that routes can be made and names be changed.
things = json.loads(os.environ["CONFORMANCE_THINGS"])
LASTING = len(things)


@schemathesis.hook
def after_call(ctx, case, response):
    if case.method != "POST" or response.status_code not in (200, 201):
        return
    body = object_in(response)
    for parameter, envelope, member in (
        ("cluster_id", "payload", "cluster_id"),
        ("peering_id", "peering", "id"),
        ("route_id", "route", "id"),
    ):
        made = (body.get(envelope) or {}).get(member)
        if made:
            things.append({**(case.path_parameters or {}), parameter: str(made)})


@schemathesis.hook
def before_call(ctx, case, kwargs):
    if case.meta is None or case.meta.phase.name != TestPhase.FUZZING or not case.meta.generation.mode.is_positive:
        return
    wanted = (case.path_parameters or {}).keys()
    fitting = [thing for thing in things[LASTING if case.method == "DELETE" else 0 :] if wanted <= thing.keys()]
    # The request itself decides, so that it stays the same request when it is repeated.
    chance = zlib.crc32(json.dumps([case.path_parameters, case.body], sort_keys=True, default=str).encode())
    if chance % 2 or not wanted or not fitting:
        return
    near = fitting[:2] + fitting[-6:]
    chosen = near[chance // 2 % len(near)]
    case.path_parameters.update({parameter: chosen[parameter] for parameter in wanted})


def object_in(response):
    """The JSON object of a body, an empty one where it holds none."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
