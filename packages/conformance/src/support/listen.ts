import type { AddressInfo, Server, Socket } from "node:net";

/** A server on the loopback interface. */
export interface Listening {
  readonly url: string;
  /** Number of open connections. */
  readonly connections: number;
  /** Accepts no more connections, and resolves when the last one has closed. */
  close(): Promise<void>;
  /** Destroys all connections. */
  cut(): void;
}

/** Starts a server of `node:http`, `node:https`, `node:http2` or `node:net`. By default, on a free port. */
export async function listen(server: Server, protocol = "http", port = 0): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return sockets.size;
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
