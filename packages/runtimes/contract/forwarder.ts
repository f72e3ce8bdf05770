import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Forwards TCP connections to a server that does not count its connections and cannot cut them. */
export class Forwarder {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(port: number): Promise<Forwarder> {
    const server = createServer();
    const forwarder = new Forwarder(server);
    server.on("connection", (client: Socket) => forwarder.#forward(client, port));
    await new Promise<void>((resolve, reject) => {
      server.on("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return forwarder;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#clients.size;
  }

  cut(): void {
    for (const client of this.#clients) client.destroy();
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #forward(client: Socket, port: number): void {
    const upstream = connect(port, "127.0.0.1");
    this.#clients.add(client);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.setNoDelay(true).pipe(to);
      from.on("error", () => to.resetAndDestroy()); // a reset is passed on
      from.on("close", () => to.destroySoon());
    }
    client.on("close", () => this.#clients.delete(client));
  }
}
