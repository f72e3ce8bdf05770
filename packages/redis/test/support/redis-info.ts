import type { RedisServer } from "../../../conformance/src/support/start-redis.js";

/** Number of connections, without the one that asks. */
export async function connectionsOf(server: RedisServer): Promise<number> {
  const list = await server.command("CLIENT LIST");
  return list.split("\n").filter((line) => line.startsWith("id=")).length - 1;
}

// Of the connection that asks, and of those that are opened.
const OTHER = /^(info|quit|hello|client)\b/;

/** How often each command was called, also by scripts, since the server was started. */
export async function commandCounts(server: RedisServer): Promise<Map<string, number>> {
  const stats = await server.command("INFO commandstats");
  const counts = stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm);
  const own = [...counts].filter(([, name]) => !OTHER.test(name!));
  return new Map(own.map(([, name, calls]) => [name!, Number(calls)]));
}

/** Milliseconds of CPU that the server has used. */
export async function cpuOf(server: RedisServer): Promise<number> {
  const info = await server.command("INFO CPU");
  const used = [...info.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)];
  return used.reduce((sum, [, seconds]) => sum + Number(seconds) * 1_000, 0);
}
