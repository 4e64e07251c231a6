// Walks through all operations of the VPC root with the Node SDK, one client for each of the two tenants. Fails at the
// first difference; otherwise its last line holds its counts.
"use strict";

const assert = require("node:assert/strict");
const { BasicCredentials } = require("@huaweicloud/huaweicloud-sdk-core");
const vpc = require("@huaweicloud/huaweicloud-sdk-vpc/v2/public-api");

const endpoint = process.argv[2];
const requester = "b0000000000000000000000000000001";
const accepter = "b0000000000000000000000000000002";
const unknownID = "7e974044-bcc1-4f25-aff8-5f10cb347b0f";
const vpcs = [1, 2, 3, 4].map((n) => `b1000000-0000-4000-8000-00000000000${n}`);

let requests = 0;
let checks = 0;

function equal(what, got, want) {
  checks++;
  assert.deepEqual(got, want, `${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

function that(what, holds) {
  equal(what, Boolean(holds), true);
}

// clientOf answers a client whose calls are counted. With the project given it asks no identity service.
function clientOf(tenant) {
  const credentials = new BasicCredentials().withAk(`access-${tenant}`).withSk(`secret-${tenant}`).withProjectId(tenant);
  const client = vpc.VpcClient.newBuilder().withCredential(credentials).withEndpoint(endpoint).build();
  return new Proxy(client, {
    get(target, name) {
      const member = target[name];
      if (typeof member !== "function") return member;
      return (...args) => {
        requests++;
        return member.apply(target, args);
      };
    },
  });
}

const byRequester = clientOf(requester);
const byAccepter = clientOf(accepter);

async function offer(name, from, to, tenant) {
  const accepts = new vpc.VpcInfo().withVpcId(to);
  if (tenant) accepts.withTenantId(tenant);
  const option = new vpc.CreateVpcPeeringOption()
    .withName(name)
    .withDescription(`made by ${name}`)
    .withRequestVpcInfo(new vpc.VpcInfo().withVpcId(from))
    .withAcceptVpcInfo(accepts);
  const body = new vpc.CreateVpcPeeringRequestBody().withPeering(option);
  const answer = await byRequester.createVpcPeering(new vpc.CreateVpcPeeringRequest().withBody(body));
  equal("status of create", answer.httpStatusCode, 201);
  return answer.peering;
}

function show(client, id) {
  return client.showVpcPeering(new vpc.ShowVpcPeeringRequest(id));
}

function rename(client, id, name) {
  const body = new vpc.UpdateVpcPeeringRequestBody().withPeering(new vpc.UpdateVpcPeeringOption().withName(name));
  return client.updateVpcPeering(new vpc.UpdateVpcPeeringRequest(id).withBody(body));
}

function accept(client, id) {
  return client.acceptVpcPeering(new vpc.AcceptVpcPeeringRequest(id));
}

function reject(client, id) {
  return client.rejectVpcPeering(new vpc.RejectVpcPeeringRequest(id));
}

function remove(client, id) {
  return client.deleteVpcPeering(new vpc.DeleteVpcPeeringRequest(id));
}

async function refused(what, call, status, code) {
  let refusal;
  try {
    await call;
  } catch (caught) {
    refusal = caught;
  }
  that(`${what} is refused`, refusal);
  equal(`${what}: status`, refusal.httpStatusCode, status);
  // This SDK looks for a code in error_code and error.code only, not in the code that VPC services send.
  if (refusal.errorCode !== undefined) equal(`${what}: code`, refusal.errorCode, code);
  that(`${what}: has a message`, refusal.errorMsg);
}

async function create() {
  const offered = await offer("offered", vpcs[0], vpcs[1], accepter);
  equal("its name", offered.name, "offered");
  equal("its description", offered.description, "made by offered");
  equal("its status", offered.status, "PENDING_ACCEPTANCE");
  equal("its requester's VPC", offered.request_vpc_info.vpc_id, vpcs[0]);
  equal("its requester", offered.request_vpc_info.tenant_id, requester);
  equal("its accepter's VPC", offered.accept_vpc_info.vpc_id, vpcs[1]);
  equal("its accepter", offered.accept_vpc_info.tenant_id, accepter);
  that("created_at is now", Math.abs(Date.now() - Date.parse(`${offered.created_at}Z`)) < 60000);
  const refusedOne = await offer("refused", vpcs[0], vpcs[2], accepter);
  const own = await offer("own", vpcs[0], vpcs[3]);
  equal("status within one tenant", own.status, "ACTIVE");
  equal("accepter within one tenant", own.accept_vpc_info.tenant_id, requester);
  return { offered: offered.id, refused: refusedOne.id, own: own.id };
}

async function list(made) {
  const request = () => new vpc.ListVpcPeeringsRequest();
  const cases = [
    ["list", byRequester, request(), [made.offered, made.refused, made.own]],
    ["list of the accepter", byAccepter, request(), [made.offered, made.refused]],
    ["filter id", byRequester, request().withId(made.own), [made.own]],
    ["filter name", byRequester, request().withName("refused"), [made.refused]],
    ["filter status", byRequester, request().withStatus("ACTIVE"), [made.own]],
    ["filter tenant_id", byRequester, request().withTenantId(accepter), [made.offered, made.refused]],
    ["filter vpc_id", byRequester, request().withVpcId(vpcs[1]), [made.offered]],
    ["first page", byRequester, request().withLimit(2).withMarker(""), [made.offered, made.refused], true],
    ["second page", byRequester, request().withLimit(2).withMarker(made.refused), [made.own]],
    ["after the last page", byRequester, request().withLimit(2).withMarker(made.own), []],
  ];
  for (const [what, client, wanted, ids, more] of cases) {
    const answer = await client.listVpcPeerings(wanted);
    equal(what, answer.peerings.map((p) => p.id), ids);
    equal(`${what}: next page`, (answer.peerings_links ?? []).map((l) => l.rel), more ? ["next"] : []);
  }
}

async function refusals(made) {
  await refused("show of an unknown id", show(byRequester, unknownID), 404, "VPC.2204");
  await refused("delete of an unknown id", remove(byRequester, unknownID), 404, "VPC.2204");
  await refused("the same pair again", offer("again", vpcs[0], vpcs[1], accepter), 409, "VPC.22104");
  await refused("a VPC with itself", offer("itself", vpcs[0], vpcs[0]), 400, "VPC.22102");
  await refused("an invalid name", offer("no such name", vpcs[1], vpcs[2]), 400, "VPC.22101");
  await refused("accept by the requester", accept(byRequester, made.offered), 403, "VPC.2701");
  await refused("reject by the requester", reject(byRequester, made.offered), 403, "VPC.2701");
  await refused("update by the accepter", rename(byAccepter, made.offered, "mine"), 403, "VPC.2701");
  await refused("show by a stranger", show(byAccepter, made.own), 404, "VPC.2204");
}

async function decide(made) {
  for (const what of ["accept", "accept again"]) {
    const accepted = await accept(byAccepter, made.offered);
    equal(`${what}: id`, accepted.id, made.offered);
    equal(`${what}: status`, accepted.status, "ACTIVE");
  }
  for (const what of ["reject", "reject again"]) {
    const rejected = await reject(byAccepter, made.refused);
    equal(`${what}: id`, rejected.id, made.refused);
    equal(`${what}: status`, rejected.status, "REJECTED");
  }
  await refused("accept after reject", accept(byAccepter, made.refused), 409, "VPC.22105");
  await refused("reject after accept", reject(byAccepter, made.offered), 409, "VPC.22105");
}

async function main() {
  const made = await create();
  for (const client of [byRequester, byAccepter]) {
    equal("shown id", (await show(client, made.offered)).peering.id, made.offered);
  }
  await list(made);
  const renamed = (await rename(byRequester, made.offered, "renamed")).peering;
  equal("new name", renamed.name, "renamed");
  equal("old description", renamed.description, "made by offered");
  await refusals(made);
  await decide(made);
  for (const [client, id] of [[byAccepter, made.offered], [byRequester, made.refused], [byRequester, made.own]]) {
    equal("status of delete", (await remove(client, id)).httpStatusCode, 204);
    await refused("show of a deleted peering", show(client, id), 404, "VPC.2204");
  }
  equal("peerings left", (await byRequester.listVpcPeerings(new vpc.ListVpcPeeringsRequest())).peerings, []);
}

main().then(
  () => console.log(JSON.stringify({ requests, checks })),
  (difference) => {
    console.error(difference instanceof assert.AssertionError ? difference.message : difference);
    process.exitCode = 1;
  },
);
