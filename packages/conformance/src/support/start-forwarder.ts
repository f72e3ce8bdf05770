import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A TCP proxy that can fail. */
export interface Forwarder {
  readonly port: number;
  /** Number of open connections of clients. */
  readonly connections: number;
  /** Destroys all connections, and refuses new ones until `forward` is called. */
  cut(): void;
  /** Forwards nothing until `forward` is called. Connections stay open, and new ones are accepted. */
  freeze(): void;
  /** Drops what the server sends, until `forward` is called. */
  dropReplies(): void;
  /** Forwards again, also what it has received while it was frozen. */
  forward(): Promise<void>;
  close(): void;
}

/** Starts a TCP proxy in front of a port of the loopback interface. */
export async function startForwarder(target: number): Promise<Forwarder> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  let isDropping = false;
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    const pair = [client, upstream] as const;
    for (const [from, to] of [pair, [upstream, client]] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        if (from === client || !isDropping) to.write(chunk);
      });
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isFrozen) from.pause();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    // The port is closed, as that of a server that is gone: redis 5 hangs if it is accepted and then cut off.
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    get connections() {
      return sockets.size / 2;
    },
    cut,
    freeze() {
      isFrozen = true;
      for (const socket of sockets) socket.pause();
    },
    dropReplies() {
      isDropping = true;
    },
    async forward() {
      isFrozen = false;
      isDropping = false;
      for (const socket of sockets) socket.resume();
      if (!server.listening) await once(server.listen(port, "127.0.0.1"), "listening");
    },
    close: cut,
  };
}
