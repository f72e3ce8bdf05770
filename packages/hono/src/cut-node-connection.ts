/** Node's request and response, which `@hono/node-server` puts into `env`. Only the members that are used here. */
interface NodeBindings {
  incoming?: {
    readonly httpVersion: string;
    readonly socket: { destroy(): void; destroySoon?(): void; resetAndDestroy?(): void };
  };
  outgoing?: { readonly socket: unknown; destroy(): void };
}

/**
 * Closes the connection of a request on Node, because `@hono/node-server` does not close one whose client reads slowly.
 *
 * @param env the environment of the Hono context.
 * @param afterSent whether the bytes that were passed to the connection are sent first.
 * @returns `false` if the request did not come by HTTP/1 on Node. Nothing was closed then.
 */
export function cutNodeConnection(env: unknown, afterSent: boolean): boolean {
  const { incoming, outgoing } = (env ?? {}) as NodeBindings;
  if (outgoing === undefined || !incoming?.httpVersion.startsWith("1.")) return false;
  const { socket } = incoming;
  // A response that waits behind another one has no socket yet. The request's socket is in use by the other response.
  if (!outgoing.socket) outgoing.destroy();
  // An HTTP/1.0 response has no chunks: it is complete when its connection ends, so only a reset shows that it is not.
  else if (incoming.httpVersion === "1.0") reset(socket);
  else if (afterSent && socket.destroySoon !== undefined) socket.destroySoon();
  else socket.destroy();
  return true;
}

function reset(socket: NonNullable<NodeBindings["incoming"]>["socket"]): void {
  try {
    socket.resetAndDestroy!();
  } catch {
    socket.destroy(); // TLS and Unix sockets cannot be reset
  }
}
