/** What `@hono/node-server` hands on to `env`; of HTTP/1. */
interface NodeBindings {
  incoming?: {
    readonly httpVersion: string;
    readonly socket: { destroy(): void; destroySoon?(): void; resetAndDestroy?(): void };
  };
  outgoing?: { readonly socket: unknown; destroy(): void };
}

/**
 * Cuts the connection of a request on Node, since `@hono/node-server` does not cut one that waits for its client.
 *
 * @param afterSent after what has been handed to the connection.
 * @returns `false` where there is no such connection.
 */
export function cutNodeConnection(env: unknown, afterSent: boolean): boolean {
  const { incoming, outgoing } = (env ?? {}) as NodeBindings;
  if (outgoing === undefined || !incoming?.httpVersion.startsWith("1.")) return false;
  const { socket } = incoming;
  // A response that waits behind another has no socket yet; that of the request is the other's.
  if (!outgoing.socket) outgoing.destroy();
  // Without chunks the end of the connection is the end of the response; a reset is none.
  else if (incoming.httpVersion === "1.0") reset(socket);
  else if (afterSent && socket.destroySoon !== undefined) socket.destroySoon();
  else socket.destroy();
  return true;
}

function reset(socket: NonNullable<NodeBindings["incoming"]>["socket"]): void {
  try {
    socket.resetAndDestroy!();
  } catch {
    socket.destroy(); // TLS and Unix sockets have no reset
  }
}
