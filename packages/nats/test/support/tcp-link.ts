import { connect, createServer, type Socket } from "node:net";
import { listen } from "../../../conformance/src/support/listen.js";

/** A TCP proxy between one node and the server. It can break connections, or hold back everything in silence. */
export interface TcpLink {
  readonly port: number;
  /** Number of open connections of the node. */
  readonly connections: number;
  /** Breaks all connections, and accepts no more until `restore`. */
  cut(): void;
  /** Forwards nothing more, in both directions. The connections stay open. */
  hold(): void;
  /** Forwards and accepts again, also what was held back. */
  restore(): void;
  close(): Promise<void>;
}

export async function startLink(serverPort: number): Promise<TcpLink> {
  let isCut = false;
  let isHeld = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const upstream = connect(serverPort, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (bytes) => void to.write(bytes));
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isHeld) from.pause();
    }
  });
  const listening = await listen(server, "nats");
  return {
    port: Number(new URL(listening.url).port),
    get connections() {
      return listening.connections;
    },
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    hold: () => {
      isHeld = true;
      for (const socket of sockets) socket.pause();
    },
    restore: () => {
      isCut = isHeld = false;
      for (const socket of sockets) socket.resume();
    },
    close: () => {
      const closed = listening.close();
      listening.cut();
      return closed;
    },
  };
}
