"""Runs every operation of the VPC root with the Python SDK and one client for each of two tenants.

Fails at the first failed check. Otherwise its last line is a JSON object with the numbers of requests and checks.
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


class CheckFailed(Exception):
    """The service's behaviour differs from the expected one."""


class Lifecycle:
    """One run through the operations and its counts."""

    def __init__(self, endpoint):
        self.requests = 0
        self.checks = 0
        self.by_requester = self.client(endpoint, REQUESTER)
        self.by_accepter = self.client(endpoint, ACCEPTER)
        self.to_accept = self.to_reject = self.own = None

    @staticmethod
    def client(endpoint, tenant):
        """Returns a client. Because the project is set, the SDK does not call an identity service."""
        credentials = BasicCredentials(f"access-{tenant}", f"secret-{tenant}", tenant)
        return VpcClient.new_builder().with_credentials(credentials).with_endpoint(endpoint).build()

    def equal(self, what, got, want):
        self.checks += 1
        if got != want:
            raise CheckFailed(f"{what}: got {got!r}, want {want!r}")

    def is_true(self, what, condition):
        self.equal(what, bool(condition), True)

    def call(self, operation, request):
        self.requests += 1
        return operation(request)

    def want_error(self, what, status, code, operation, request):
        try:
            self.call(operation, request)
        except ServiceResponseException as error:
            self.equal(f"{what}: status", error.status_code, status)
            self.equal(f"{what}: code", error.error_code, code)
            self.is_true(f"{what}: has a message", error.error_msg)
            self.is_true(f"{what}: has a request id", error.request_id)
        else:
            raise CheckFailed(f"{what} did not fail")

    def run(self):
        self.check_create()
        for client in (self.by_requester, self.by_accepter):
            shown = self.call(client.show_vpc_peering, ShowVpcPeeringRequest(self.to_accept)).peering
            self.equal("shown id", shown.id, self.to_accept)
        self.check_list()
        self.check_update()
        self.check_errors()
        self.check_decisions()
        self.check_delete()

    def check_create(self):
        to_accept = self.call(self.by_requester.create_vpc_peering, create_request("to_accept", VPCS[0], VPCS[1], ACCEPTER)).peering
        self.to_accept = to_accept.id
        self.equal("name", to_accept.name, "to_accept")
        self.equal("description", to_accept.description, "made by to_accept")
        self.equal("status", to_accept.status, "PENDING_ACCEPTANCE")
        self.equal("requester's VPC", to_accept.request_vpc_info.vpc_id, VPCS[0])
        self.equal("requester", to_accept.request_vpc_info.tenant_id, REQUESTER)
        self.equal("accepter's VPC", to_accept.accept_vpc_info.vpc_id, VPCS[1])
        self.equal("accepter", to_accept.accept_vpc_info.tenant_id, ACCEPTER)
        created = datetime.datetime.fromisoformat(to_accept.created_at).replace(tzinfo=datetime.timezone.utc)
        age = datetime.datetime.now(datetime.timezone.utc) - created
        self.is_true("created_at is now", abs(age) < datetime.timedelta(minutes=1))
        to_reject = self.call(self.by_requester.create_vpc_peering, create_request("to_reject", VPCS[0], VPCS[2], ACCEPTER)).peering
        self.to_reject = to_reject.id
        own = self.call(self.by_requester.create_vpc_peering, create_request("own", VPCS[0], VPCS[3])).peering
        self.own = own.id
        self.equal("status within one tenant", own.status, "ACTIVE")
        self.equal("accepter within one tenant", own.accept_vpc_info.tenant_id, REQUESTER)

    def check_list(self):
        for what, client, filters, ids, more in (
            ("list", self.by_requester, {}, [self.to_accept, self.to_reject, self.own], False),
            ("list by the accepter", self.by_accepter, {}, [self.to_accept, self.to_reject], False),
            ("filter id", self.by_requester, {"id": self.own}, [self.own], False),
            ("filter name", self.by_requester, {"name": "to_reject"}, [self.to_reject], False),
            ("filter status", self.by_requester, {"status": "ACTIVE"}, [self.own], False),
            ("filter tenant_id", self.by_requester, {"tenant_id": ACCEPTER}, [self.to_accept, self.to_reject], False),
            ("filter vpc_id", self.by_requester, {"vpc_id": VPCS[1]}, [self.to_accept], False),
            ("first page", self.by_requester, {"limit": 2, "marker": ""}, [self.to_accept, self.to_reject], True),
            ("second page", self.by_requester, {"limit": 2, "marker": self.to_reject}, [self.own], False),
            ("after the last page", self.by_requester, {"limit": 2, "marker": self.own}, [], False),
        ):
            response = self.call(client.list_vpc_peerings, ListVpcPeeringsRequest(**filters))
            self.equal(what, [p.id for p in response.peerings], ids)
            self.equal(f"{what}: next page", [link.rel for link in response.peerings_links or []], ["next"] if more else [])

    def check_update(self):
        renamed = self.call(self.by_requester.update_vpc_peering, update_request(self.to_accept, "renamed")).peering
        self.equal("name after update", renamed.name, "renamed")
        self.equal("description after update", renamed.description, "made by to_accept")

    def check_errors(self):
        requester, accepter = self.by_requester, self.by_accepter
        for what, status, code, operation, request in (
            ("show of an unknown id", 404, "VPC.2204", requester.show_vpc_peering, ShowVpcPeeringRequest(UNKNOWN_ID)),
            ("delete of an unknown id", 404, "VPC.2204", requester.delete_vpc_peering, DeleteVpcPeeringRequest(UNKNOWN_ID)),
            ("create for a peered pair", 409, "VPC.22104", requester.create_vpc_peering, create_request("same_pair", VPCS[0], VPCS[1], ACCEPTER)),
            ("create for one VPC", 400, "VPC.22102", requester.create_vpc_peering, create_request("same_vpc", VPCS[0], VPCS[0])),
            ("create with an invalid name", 400, "VPC.22101", requester.create_vpc_peering, create_request("not a name", VPCS[1], VPCS[2])),
            ("accept by the requester", 403, "VPC.2701", requester.accept_vpc_peering, AcceptVpcPeeringRequest(self.to_accept)),
            ("reject by the requester", 403, "VPC.2701", requester.reject_vpc_peering, RejectVpcPeeringRequest(self.to_accept)),
            ("update by the accepter", 403, "VPC.2701", accepter.update_vpc_peering, update_request(self.to_accept, "mine")),
            ("show by an unrelated tenant", 404, "VPC.2204", accepter.show_vpc_peering, ShowVpcPeeringRequest(self.own)),
        ):
            self.want_error(what, status, code, operation, request)

    def check_decisions(self):
        accept, reject = self.by_accepter.accept_vpc_peering, self.by_accepter.reject_vpc_peering
        for what in ("accept", "second accept"):
            accepted = self.call(accept, AcceptVpcPeeringRequest(self.to_accept))
            self.equal(f"{what}: id", accepted.id, self.to_accept)
            self.equal(f"{what}: status", accepted.status, "ACTIVE")
        for what in ("reject", "second reject"):
            rejected = self.call(reject, RejectVpcPeeringRequest(self.to_reject))
            self.equal(f"{what}: id", rejected.id, self.to_reject)
            self.equal(f"{what}: status", rejected.status, "REJECTED")
        self.want_error("accept after reject", 409, "VPC.22105", accept, AcceptVpcPeeringRequest(self.to_reject))
        self.want_error("reject after accept", 409, "VPC.22105", reject, RejectVpcPeeringRequest(self.to_accept))

    def check_delete(self):
        for client, peering in (
            (self.by_accepter, self.to_accept),
            (self.by_requester, self.to_reject),
            (self.by_requester, self.own),
        ):
            self.call(client.delete_vpc_peering, DeleteVpcPeeringRequest(peering))
            self.want_error("show of a deleted peering", 404, "VPC.2204", client.show_vpc_peering, ShowVpcPeeringRequest(peering))
        self.equal("remaining peerings", self.call(self.by_requester.list_vpc_peerings, ListVpcPeeringsRequest()).peerings, [])


def create_request(name, requester, accepter, tenant=None):
    peering = CreateVpcPeeringOption(
        name=name,
        description=f"made by {name}",
        request_vpc_info=VpcInfo(vpc_id=requester),
        accept_vpc_info=VpcInfo(vpc_id=accepter, tenant_id=tenant),
    )
    return CreateVpcPeeringRequest(body=CreateVpcPeeringRequestBody(peering=peering))


def update_request(peering, name):
    return UpdateVpcPeeringRequest(peering, UpdateVpcPeeringRequestBody(peering=UpdateVpcPeeringOption(name=name)))


if __name__ == "__main__":
    lifecycle = Lifecycle(sys.argv[1])
    lifecycle.run()
    print(json.dumps({"requests": lifecycle.requests, "checks": lifecycle.checks}))
