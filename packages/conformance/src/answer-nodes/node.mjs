// @ts-check
// One node of a cluster: a process that starts, sends and stops answers. A broker keeps their logs. The text of an answer
// comes from an upstream over HTTP, as that of a language model does.
import { once } from "node:events";
import { createServer } from "node:http";
import { createAnswers } from "@ssekit/answers";
import { EventStreamServer, open } from "@ssekit/node";
import { relay } from "@ssekit/relay";
import { openStore } from "../../../bench/open-store.mjs";
import { serve } from "../../../bench/rpc.mjs";

/**
 * @typedef {object} NodeOptions
 * @property {import("../../../bench/open-store.mjs").BrokerAddress} broker
 * @property {string} upstream the URL of the upstream
 * @property {number} lease milliseconds
 */

/** @type {NodeOptions} */
const { broker, upstream, lease } = JSON.parse(process.argv[2] ?? "{}");
/** @type {string[]} */
const errors = [];
/** @param {unknown} error */
const onError = (error) => void errors.push(String(error));

const { store } = await openStore(broker, { history: {}, timeout: 5_000, onError });
const answers = createAnswers({ logs: store, lease, onError });
const events = new EventStreamServer({ onError });

/** @param {string} key @returns {import("@ssekit/core").ChannelSource} */
function sourceOf(key) {
  return async function* ({ signal }) {
    const headers = { "x-node": String(process.pid) };
    const response = await fetch(`${upstream}/${key}`, { signal, headers });
    yield* relay(response, { doneOn: "[DONE]" });
  };
}

/** @type {Record<string, (key: string) => Promise<unknown>>} */
const methods = {
  POST: (key) => answers.start(key, sourceOf(key)),
  DELETE: (key) => answers.stop(key),
};

const server = createServer(async (req, res) => {
  const key = (req.url ?? "").slice(1);
  const call = methods[req.method ?? ""];
  if (call === undefined) return void answers.subscribe(key, open(req, res, { server: events }));
  try {
    res.end(JSON.stringify(await call(key)));
  } catch (error) {
    res.writeHead(503).end(String(error));
  }
}).listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
await once(server, "listening");

serve({
  address: () => {
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    return { port, pid: process.pid };
  },
  state: (/** @type {string} */ key) => answers.state(key),
  errors: () => errors,
});
