import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A TCP proxy that can fail. */
export interface Forwarder {
  readonly port: number;
  /** Number of open connections of clients. */
  readonly connections: number;
  /** Destroys all connections, and accepts none until `forward` is called. */
  cut(): void;
  /** Forwards nothing until `forward` is called. Connections stay open, and new ones are accepted. */
  freeze(): void;
  /** Forwards again, also what it has received meanwhile. */
  forward(): void;
  close(): void;
}

/** Starts a TCP proxy in front of a port of the loopback interface. */
export async function startForwarder(target: number): Promise<Forwarder> {
  const sockets = new Set<Socket>();
  let state: "forwarding" | "cut" | "frozen" = "forwarding";
  const server = createServer((client) => {
    if (state === "cut") return void client.destroy();
    const upstream = connect(target, "127.0.0.1");
    const pair = [client, upstream] as const;
    for (const [from, to] of [pair, [upstream, client]] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (chunk) => to.write(chunk));
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      if (state === "frozen") from.pause();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    state = "cut";
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return sockets.size / 2;
    },
    cut,
    freeze() {
      state = "frozen";
      for (const socket of sockets) socket.pause();
    },
    forward() {
      state = "forwarding";
      for (const socket of sockets) socket.resume();
    },
    close() {
      cut();
      server.close();
    },
  };
}
