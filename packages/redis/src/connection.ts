import type { Script } from "./scripts.js";

/** What the logs need of a client, whichever library it is of. */
export interface Connection {
  /** Whether the keys of a script must have the same hash tag. */
  readonly isCluster: boolean;
  /** Sends a command to the server that has this key. */
  send(key: string, command: readonly string[]): Promise<unknown>;
  /** Opens a connection of its own for messages. On a cluster: to any server. */
  openSubscriber(events: SubscriberEvents): Subscriber;
}

export interface SubscriberEvents {
  message(channel: string, text: string): void;
  /** The connection is there, or is there again. All channels have to be subscribed. */
  ready(): void;
  /** The connection was interrupted, or could not be opened. */
  lost(error: unknown): void;
}

export interface Subscriber {
  subscribe(channels: readonly string[]): Promise<unknown>;
  unsubscribe(channels: readonly string[]): Promise<unknown>;
  close(): void;
}

/** Runs a script. All keys must have the hash tag of the first one. */
export async function runScript(
  connection: Connection,
  { source, sha }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args];
  try {
    return await connection.send(keys[0]!, ["EVALSHA", sha, ...rest]);
  } catch (error) {
    if (!(error as Error).message.startsWith("NOSCRIPT")) throw error;
    return connection.send(keys[0]!, ["EVAL", source, ...rest]);
  }
}

/** Whether an error is an answer of the server, such as `OOM …`, and not a failure of the connection. */
export function isReply(error: unknown): boolean {
  return /^-?[A-Z][A-Z0-9]+ /.test(String((error as Error | undefined)?.message));
}
