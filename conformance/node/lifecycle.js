// Runs every operation of the VPC root with the Node SDK and one client for each
// of two tenants. Exits with code 1 at the first failure. Otherwise its last line
// is a JSON object with the numbers of requests and checks.
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

function isTrue(what, condition) {
  equal(what, Boolean(condition), true);
}

// Returns a client that counts its calls. Because the project is set, the SDK does
// not call an identity service.
function newClient(tenant) {
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

const byRequester = newClient(requester);
const byAccepter = newClient(accepter);

async function createPeering(name, from, to, tenant) {
  const accepts = new vpc.VpcInfo().withVpcId(to);
  if (tenant) accepts.withTenantId(tenant);
  const option = new vpc.CreateVpcPeeringOption()
    .withName(name)
    .withDescription(`made by ${name}`)
    .withRequestVpcInfo(new vpc.VpcInfo().withVpcId(from))
    .withAcceptVpcInfo(accepts);
  const body = new vpc.CreateVpcPeeringRequestBody().withPeering(option);
  const response = await byRequester.createVpcPeering(new vpc.CreateVpcPeeringRequest().withBody(body));
  equal("status of create", response.httpStatusCode, 201);
  return response.peering;
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

async function wantError(what, call, status, code) {
  let error;
  try {
    await call;
  } catch (caught) {
    error = caught;
  }
  isTrue(`${what} fails`, error);
  equal(`${what}: status`, error.httpStatusCode, status);
  // This SDK reads error_code and error.code only, not the member code that VPC
  // services send.
  if (error.errorCode !== undefined) equal(`${what}: code`, error.errorCode, code);
  isTrue(`${what}: has a message`, error.errorMsg);
}

async function checkCreate() {
  const toAccept = await createPeering("to_accept", vpcs[0], vpcs[1], accepter);
  equal("name", toAccept.name, "to_accept");
  equal("description", toAccept.description, "made by to_accept");
  equal("status", toAccept.status, "PENDING_ACCEPTANCE");
  equal("requester's VPC", toAccept.request_vpc_info.vpc_id, vpcs[0]);
  equal("requester", toAccept.request_vpc_info.tenant_id, requester);
  equal("accepter's VPC", toAccept.accept_vpc_info.vpc_id, vpcs[1]);
  equal("accepter", toAccept.accept_vpc_info.tenant_id, accepter);
  isTrue("created_at is now", Math.abs(Date.now() - Date.parse(`${toAccept.created_at}Z`)) < 60000);
  const toReject = await createPeering("to_reject", vpcs[0], vpcs[2], accepter);
  const own = await createPeering("own", vpcs[0], vpcs[3]);
  equal("status within one tenant", own.status, "ACTIVE");
  equal("accepter within one tenant", own.accept_vpc_info.tenant_id, requester);
  return { toAccept: toAccept.id, toReject: toReject.id, own: own.id };
}

async function checkList(ids) {
  const request = () => new vpc.ListVpcPeeringsRequest();
  const cases = [
    ["list", byRequester, request(), [ids.toAccept, ids.toReject, ids.own]],
    ["list by the accepter", byAccepter, request(), [ids.toAccept, ids.toReject]],
    ["filter id", byRequester, request().withId(ids.own), [ids.own]],
    ["filter name", byRequester, request().withName("to_reject"), [ids.toReject]],
    ["filter status", byRequester, request().withStatus("ACTIVE"), [ids.own]],
    ["filter tenant_id", byRequester, request().withTenantId(accepter), [ids.toAccept, ids.toReject]],
    ["filter vpc_id", byRequester, request().withVpcId(vpcs[1]), [ids.toAccept]],
    ["first page", byRequester, request().withLimit(2).withMarker(""), [ids.toAccept, ids.toReject], true],
    ["second page", byRequester, request().withLimit(2).withMarker(ids.toReject), [ids.own]],
    ["after the last page", byRequester, request().withLimit(2).withMarker(ids.own), []],
  ];
  for (const [what, client, query, want, more] of cases) {
    const response = await client.listVpcPeerings(query);
    equal(what, response.peerings.map((p) => p.id), want);
    equal(`${what}: next page`, (response.peerings_links ?? []).map((l) => l.rel), more ? ["next"] : []);
  }
}

async function checkErrors(ids) {
  await wantError("show of an unknown id", show(byRequester, unknownID), 404, "VPC.2204");
  await wantError("delete of an unknown id", remove(byRequester, unknownID), 404, "VPC.2204");
  await wantError("create for a peered pair", createPeering("same_pair", vpcs[0], vpcs[1], accepter), 409, "VPC.22104");
  await wantError("create for one VPC", createPeering("same_vpc", vpcs[0], vpcs[0]), 400, "VPC.22102");
  await wantError("create with an invalid name", createPeering("not a name", vpcs[1], vpcs[2]), 400, "VPC.22101");
  await wantError("accept by the requester", accept(byRequester, ids.toAccept), 403, "VPC.2701");
  await wantError("reject by the requester", reject(byRequester, ids.toAccept), 403, "VPC.2701");
  await wantError("update by the accepter", rename(byAccepter, ids.toAccept, "mine"), 403, "VPC.2701");
  await wantError("show by an unrelated tenant", show(byAccepter, ids.own), 404, "VPC.2204");
}

async function checkDecisions(ids) {
  for (const what of ["accept", "second accept"]) {
    const accepted = await accept(byAccepter, ids.toAccept);
    equal(`${what}: id`, accepted.id, ids.toAccept);
    equal(`${what}: status`, accepted.status, "ACTIVE");
  }
  for (const what of ["reject", "second reject"]) {
    const rejected = await reject(byAccepter, ids.toReject);
    equal(`${what}: id`, rejected.id, ids.toReject);
    equal(`${what}: status`, rejected.status, "REJECTED");
  }
  await wantError("accept after reject", accept(byAccepter, ids.toReject), 409, "VPC.22105");
  await wantError("reject after accept", reject(byAccepter, ids.toAccept), 409, "VPC.22105");
}

async function main() {
  const ids = await checkCreate();
  for (const client of [byRequester, byAccepter]) {
    equal("shown id", (await show(client, ids.toAccept)).peering.id, ids.toAccept);
  }
  await checkList(ids);
  const renamed = (await rename(byRequester, ids.toAccept, "renamed")).peering;
  equal("name after update", renamed.name, "renamed");
  equal("description after update", renamed.description, "made by to_accept");
  await checkErrors(ids);
  await checkDecisions(ids);
  for (const [client, id] of [[byAccepter, ids.toAccept], [byRequester, ids.toReject], [byRequester, ids.own]]) {
    equal("status of delete", (await remove(client, id)).httpStatusCode, 204);
    await wantError("show of a deleted peering", show(client, id), 404, "VPC.2204");
  }
  equal("remaining peerings", (await byRequester.listVpcPeerings(new vpc.ListVpcPeeringsRequest())).peerings, []);
}

main().then(
  () => console.log(JSON.stringify({ requests, checks })),
  (error) => {
    console.error(error instanceof assert.AssertionError ? error.message : error);
    process.exitCode = 1;
  },
);
