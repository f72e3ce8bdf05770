import { blockOf, piecesOf, type Written } from "./fuzz-app.js";
import { isBroken, type PlannedRequest } from "./fuzz-plan.js";
import type { WireResponse } from "./read-responses.js";

const RETRY = "retry: 3000\n\n";
const UNSENT = "data: unsent when the app ends\n\n";
const OURS = [RETRY, UNSENT, ":\n\n", "event: end\nid: ~end\ndata: \n\n", "event: end\nid: ~end\ndata:\n\n"];

type PlannedStream = PlannedRequest & { kind: "stream" };

/**
 * Compares what came on a connection with what was planned. Throws at the first byte that should not be there, or that
 * is missing.
 *
 * @param isCut the client has left: what came may stop anywhere.
 */
export function checkResponses(
  responses: readonly WireResponse[],
  requests: readonly PlannedRequest[],
  written: ReadonlyMap<number, Written>,
  isCut: boolean,
): void {
  for (const [i, response] of responses.entries()) {
    const request = requests[i]!;
    assert(response.status === 200, request, `status ${response.status}`);
    const mayStop = isCut || isBroken(request);
    assert(response.isWhole || mayStop, request, "is not whole");
    assert(!response.isWhole || !isBroken(request), request, "looks complete");
    if (request.kind === "stream") checkStream(response, request, written.get(request.id)!, isCut);
    else checkOrdinary(response, request);
  }
  if (isCut) return;
  const broken = requests.findIndex(isBroken);
  const expected = broken >= 0 ? broken + 1 : requests.length;
  if (responses.length !== expected)
    throw new Error(`expected ${expected} responses, got ${responses.length}`);
}

function checkOrdinary(
  { body, isWhole }: WireResponse,
  request: PlannedRequest & { kind: "text" | "chunked" },
): void {
  const expected = request.method === "HEAD" ? "" : piecesOf(request).join("");
  assert(isWhole ? body === expected : expected.startsWith(body), request, `has the body ${excerpt(body)}`);
}

function checkStream({ body }: WireResponse, request: PlannedStream, written: Written, isCut: boolean): void {
  const blocks = body.split("\n\n").map((block) => `${block}\n\n`);
  const rest = blocks.pop()!.slice(0, -2);
  const sizes = {
    event: sizesOf(request, (step) => step === "send"),
    comment: sizesOf(request, (step) => step.endsWith("write")),
  };
  const seen = { event: 0, comment: 0 };
  const expectedOf = (kind: "event" | "comment"): string =>
    blockOf(kind, request.id, seen[kind], sizes[kind][seen[kind]] ?? 0);
  const mayStop = isCut || request.end === "app";
  let hasBegun = false;
  let hasEnded = false;
  for (const block of blocks) {
    assert(!hasEnded, request, `goes on after its end with ${excerpt(block)}`);
    if (block === ":\n\n") continue; // a heartbeat
    if (block === RETRY) {
      assert(seen.event === 0 && !hasBegun, request, "begins twice");
      hasBegun = true;
      continue;
    }
    if (block.startsWith("event: end\n")) {
      hasEnded = true;
      continue;
    }
    if (block === UNSENT) {
      assert(request.end === "app", request, "has an event too many");
      continue;
    }
    const kind = block.startsWith("data") ? "event" : "comment";
    const expected = expectedOf(kind);
    assert(
      seen[kind]++ < sizes[kind].length && block === expected,
      request,
      `has ${excerpt(block)} in the place of ${excerpt(expected)}`,
    );
  }
  // The app has ended the response between two slices of an event, or the client has left.
  if (rest !== "")
    assert(
      mayStop && [...OURS, expectedOf("event"), expectedOf("comment")].some((text) => text.startsWith(rest)),
      request,
      `ends with ${excerpt(rest)}`,
    );
  if (isCut) return;
  assert(hasEnded === (request.end === "end"), request, "has no end, or one too many");
  assert(seen.comment === written.comments, request, `has ${seen.comment} of ${written.comments} comments`);
  // What still waited for the client when the app ended the response is lost.
  const isComplete = seen.event === written.events;
  assert(isComplete || request.end === "app", request, `has ${seen.event} of ${written.events} events`);
}

function sizesOf(request: PlannedStream, isOf: (step: string) => boolean): number[] {
  return request.steps.flatMap((step) => ("size" in step && isOf(step.do) ? [step.size] : []));
}

function assert(condition: boolean, request: PlannedRequest, what: string): void {
  if (!condition) throw new Error(`response ${request.id} ${what}; planned: ${JSON.stringify(request)}`);
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}… (${text.length})` : text);
}
