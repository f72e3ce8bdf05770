import type { Server, Socket } from "node:net";

/**
 * What a server of HTTP/1 gives its sockets to write, call by call, one character for each byte. A response of Node's
 * gives a chunk in several pieces: its length, the bytes, a line break.
 */
export function recordSocketWrites(server: Server): string[] {
  const writes: string[] = [];
  const record = (socket: Socket): void => {
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => {
      writes.push(Buffer.from(args[0] as Uint8Array).toString("latin1"));
      return write(...args);
    };
  };
  server.on("connection", record).on("secureConnection", record);
  return writes;
}
