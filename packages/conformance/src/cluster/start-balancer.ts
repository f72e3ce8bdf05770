import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { listen } from "../support/listen.js";

/** A server behind the balancer. Without a port it is not running. */
interface Target {
  readonly port: number | undefined;
}

/**
 * Starts a TCP proxy that gives each new connection to the next target that accepts it. When a target dies, its
 * connections break, as with a load balancer. Returns the port. The proxy ends when the test finishes.
 */
export async function startBalancer(targets: readonly Target[]): Promise<number> {
  let next = 0;
  const server = createServer((client) => {
    client.on("error", () => {}); // the close event follows
    tryTarget(client, targets.length);
  });

  function tryTarget(client: Socket, attempts: number): void {
    if (attempts === 0 || client.destroyed) return void client.destroy();
    const { port } = targets[next++ % targets.length]!;
    if (port === undefined) return tryTarget(client, attempts - 1);
    const upstream = connect(port, "127.0.0.1");
    let connected = false;
    upstream.on("error", () => {}); // the close event follows
    upstream.on("connect", () => {
      connected = true;
      client.pipe(upstream).pipe(client);
      client.on("close", () => upstream.destroy());
    });
    upstream.on("close", () => {
      if (connected) client.destroy();
      else tryTarget(client, attempts - 1);
    });
  }

  const { url, cut, close } = await listen(server, "tcp");
  onTestFinished(() => {
    cut();
    return close();
  });
  return Number(new URL(url).port);
}
