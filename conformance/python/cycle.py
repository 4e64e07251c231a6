"""Walks through all operations of the VPC root with the Python SDK, one client for each of the two tenants.

Fails at the first difference; otherwise its last line holds its counts.
"""

import datetime
import json
import sys

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkvpc.v2 import (
    AcceptVpcPeeringRequest,
    CreateVpcPeeringOption,
    CreateVpcPeeringRequest,
    CreateVpcPeeringRequestBody,
    DeleteVpcPeeringRequest,
    ListVpcPeeringsRequest,
    RejectVpcPeeringRequest,
    ShowVpcPeeringRequest,
    UpdateVpcPeeringOption,
    UpdateVpcPeeringRequest,
    UpdateVpcPeeringRequestBody,
    VpcClient,
    VpcInfo,
)

REQUESTER = "c0000000000000000000000000000001"
ACCEPTER = "c0000000000000000000000000000002"
UNKNOWN_ID = "7e974044-bcc1-4f25-aff8-5f10cb347b0f"
VPCS = [f"c1000000-0000-4000-8000-00000000000{n}" for n in range(1, 5)]


class Difference(Exception):
    """What the client holds is not what it should hold."""


class Cycle:
    """One walk through the operations, with its counts."""

    def __init__(self, endpoint):
        self.requests = 0
        self.checks = 0
        self.by_requester = self.client(endpoint, REQUESTER)
        self.by_accepter = self.client(endpoint, ACCEPTER)
        self.offered = self.refused = self.own = None

    @staticmethod
    def client(endpoint, tenant):
        """With the project given the client asks no identity service."""
        credentials = BasicCredentials(f"access-{tenant}", f"secret-{tenant}", tenant)
        return VpcClient.new_builder().with_credentials(credentials).with_endpoint(endpoint).build()

    def equal(self, what, got, want):
        self.checks += 1
        if got != want:
            raise Difference(f"{what}: got {got!r}, want {want!r}")

    def that(self, what, holds):
        self.equal(what, bool(holds), True)

    def call(self, operation, request):
        self.requests += 1
        return operation(request)

    def refusal(self, what, status, code, operation, request):
        try:
            self.call(operation, request)
        except ServiceResponseException as refusal:
            self.equal(f"{what}: status", refusal.status_code, status)
            self.equal(f"{what}: code", refusal.error_code, code)
            self.that(f"{what}: has a message", refusal.error_msg)
            self.that(f"{what}: has a request id", refusal.request_id)
        else:
            raise Difference(f"{what} was not refused")

    def walk(self):
        self.create()
        for client in (self.by_requester, self.by_accepter):
            shown = self.call(client.show_vpc_peering, ShowVpcPeeringRequest(self.offered)).peering
            self.equal("shown id", shown.id, self.offered)
        self.list()
        self.update()
        self.refusals()
        self.decide()
        self.remove()

    def create(self):
        offered = self.call(self.by_requester.create_vpc_peering, offer("offered", VPCS[0], VPCS[1], ACCEPTER)).peering
        self.offered = offered.id
        self.equal("its name", offered.name, "offered")
        self.equal("its description", offered.description, "made by offered")
        self.equal("its status", offered.status, "PENDING_ACCEPTANCE")
        self.equal("its requester's VPC", offered.request_vpc_info.vpc_id, VPCS[0])
        self.equal("its requester", offered.request_vpc_info.tenant_id, REQUESTER)
        self.equal("its accepter's VPC", offered.accept_vpc_info.vpc_id, VPCS[1])
        self.equal("its accepter", offered.accept_vpc_info.tenant_id, ACCEPTER)
        created = datetime.datetime.fromisoformat(offered.created_at).replace(tzinfo=datetime.timezone.utc)
        age = datetime.datetime.now(datetime.timezone.utc) - created
        self.that("created_at is now", abs(age) < datetime.timedelta(minutes=1))
        refused = self.call(self.by_requester.create_vpc_peering, offer("refused", VPCS[0], VPCS[2], ACCEPTER)).peering
        self.refused = refused.id
        own = self.call(self.by_requester.create_vpc_peering, offer("own", VPCS[0], VPCS[3])).peering
        self.own = own.id
        self.equal("status within one tenant", own.status, "ACTIVE")
        self.equal("accepter within one tenant", own.accept_vpc_info.tenant_id, REQUESTER)

    def list(self):
        for what, client, filters, ids, more in (
            ("list", self.by_requester, {}, [self.offered, self.refused, self.own], False),
            ("list of the accepter", self.by_accepter, {}, [self.offered, self.refused], False),
            ("filter id", self.by_requester, {"id": self.own}, [self.own], False),
            ("filter name", self.by_requester, {"name": "refused"}, [self.refused], False),
            ("filter status", self.by_requester, {"status": "ACTIVE"}, [self.own], False),
            ("filter tenant_id", self.by_requester, {"tenant_id": ACCEPTER}, [self.offered, self.refused], False),
            ("filter vpc_id", self.by_requester, {"vpc_id": VPCS[1]}, [self.offered], False),
            ("first page", self.by_requester, {"limit": 2, "marker": ""}, [self.offered, self.refused], True),
            ("second page", self.by_requester, {"limit": 2, "marker": self.refused}, [self.own], False),
            ("after the last page", self.by_requester, {"limit": 2, "marker": self.own}, [], False),
        ):
            answer = self.call(client.list_vpc_peerings, ListVpcPeeringsRequest(**filters))
            self.equal(what, [p.id for p in answer.peerings], ids)
            self.equal(f"{what}: next page", [link.rel for link in answer.peerings_links or []], ["next"] if more else [])

    def update(self):
        renamed = self.call(self.by_requester.update_vpc_peering, rename(self.offered, "renamed")).peering
        self.equal("new name", renamed.name, "renamed")
        self.equal("old description", renamed.description, "made by offered")

    def refusals(self):
        requester, accepter = self.by_requester, self.by_accepter
        for what, status, code, operation, request in (
            ("show of an unknown id", 404, "VPC.2204", requester.show_vpc_peering, ShowVpcPeeringRequest(UNKNOWN_ID)),
            ("delete of an unknown id", 404, "VPC.2204", requester.delete_vpc_peering, DeleteVpcPeeringRequest(UNKNOWN_ID)),
            ("the same pair again", 409, "VPC.22104", requester.create_vpc_peering, offer("again", VPCS[0], VPCS[1], ACCEPTER)),
            ("a VPC with itself", 400, "VPC.22102", requester.create_vpc_peering, offer("itself", VPCS[0], VPCS[0])),
            ("an invalid name", 400, "VPC.22101", requester.create_vpc_peering, offer("no such name", VPCS[1], VPCS[2])),
            ("accept by the requester", 403, "VPC.2701", requester.accept_vpc_peering, AcceptVpcPeeringRequest(self.offered)),
            ("reject by the requester", 403, "VPC.2701", requester.reject_vpc_peering, RejectVpcPeeringRequest(self.offered)),
            ("update by the accepter", 403, "VPC.2701", accepter.update_vpc_peering, rename(self.offered, "mine")),
            ("show by a stranger", 404, "VPC.2204", accepter.show_vpc_peering, ShowVpcPeeringRequest(self.own)),
        ):
            self.refusal(what, status, code, operation, request)

    def decide(self):
        accept, reject = self.by_accepter.accept_vpc_peering, self.by_accepter.reject_vpc_peering
        for what in ("accept", "accept again"):
            accepted = self.call(accept, AcceptVpcPeeringRequest(self.offered))
            self.equal(f"{what}: id", accepted.id, self.offered)
            self.equal(f"{what}: status", accepted.status, "ACTIVE")
        for what in ("reject", "reject again"):
            rejected = self.call(reject, RejectVpcPeeringRequest(self.refused))
            self.equal(f"{what}: id", rejected.id, self.refused)
            self.equal(f"{what}: status", rejected.status, "REJECTED")
        self.refusal("accept after reject", 409, "VPC.22105", accept, AcceptVpcPeeringRequest(self.refused))
        self.refusal("reject after accept", 409, "VPC.22105", reject, RejectVpcPeeringRequest(self.offered))

    def remove(self):
        for client, peering in (
            (self.by_accepter, self.offered),
            (self.by_requester, self.refused),
            (self.by_requester, self.own),
        ):
            self.call(client.delete_vpc_peering, DeleteVpcPeeringRequest(peering))
            self.refusal("show of a deleted peering", 404, "VPC.2204", client.show_vpc_peering, ShowVpcPeeringRequest(peering))
        self.equal("peerings left", self.call(self.by_requester.list_vpc_peerings, ListVpcPeeringsRequest()).peerings, [])


def offer(name, requester, accepter, tenant=None):
    peering = CreateVpcPeeringOption(
        name=name,
        description=f"made by {name}",
        request_vpc_info=VpcInfo(vpc_id=requester),
        accept_vpc_info=VpcInfo(vpc_id=accepter, tenant_id=tenant),
    )
    return CreateVpcPeeringRequest(body=CreateVpcPeeringRequestBody(peering=peering))


def rename(peering, name):
    return UpdateVpcPeeringRequest(peering, UpdateVpcPeeringRequestBody(peering=UpdateVpcPeeringOption(name=name)))


if __name__ == "__main__":
    cycle = Cycle(sys.argv[1])
    cycle.walk()
    print(json.dumps({"requests": cycle.requests, "checks": cycle.checks}))
