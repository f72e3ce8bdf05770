import { connect, createServer } from "node:net";
import { listen } from "@ssekit/conformance";
import { onTestFinished } from "vitest";

/** An address in front of several servers, like a load balancer. */
export interface Forwarder {
  readonly port: number;
  /** The port of the server that gets new connections. */
  target: number;
}

export async function startForwarder(target: number): Promise<Forwarder> {
  const server = createServer((client) => {
    const upstream = connect(forwarder.target, "127.0.0.1");
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  const listening = await listen(server);
  onTestFinished(() => {
    const closed = listening.close();
    listening.cut();
    return closed;
  });
  const forwarder: Forwarder = { port: Number(new URL(listening.url).port), target };
  return forwarder;
}
