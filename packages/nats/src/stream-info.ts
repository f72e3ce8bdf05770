import { SseError } from "@ssekit/core";
import { describe } from "@ssekit/core/adapter";
import { RequestFailed } from "./errors.js";
import type { Requester } from "./requester.js";

/** How a store creates its stream. */
export interface StreamSettings {
  /** The name of the stream. */
  readonly stream: string;
  readonly prefix: string;
  readonly replicas: number;
  /** Milliseconds. */
  readonly maxAge: number;
}

interface Config {
  subjects?: string[];
  republish?: { src: string; dest: string; headers_only?: boolean };
  retention?: string;
  discard?: string;
  sealed?: boolean;
  deny_purge?: boolean;
  num_replicas?: number;
  max_age?: number;
}

/** The first version in which the servers of a replicated stream check conditions reliably. */
const REPLICATED_SINCE = [2, 10, 19];
const NAME_IN_USE = 10_058;

/** What a node knows of the stream: its name, when it was created, and the subjects of its logs. */
export class StreamInfo {
  readonly name: string;
  /** When the stream was created. A stream that was created again has another time, and its logs another epoch. */
  readonly created: string;
  /** The subjects to which the server sends every message that it has stored. */
  readonly live: string;
  /** Number of servers that keep the stream. */
  readonly replicas: number;
  /** Milliseconds after which the server deletes messages. */
  readonly maxAge: number;
  /** The sequence number of the newest message. */
  readonly lastSeq: number;
  readonly #subjects: string;

  constructor(name: string, answer: Record<string, unknown>) {
    const config = answer.config as Config;
    this.name = name;
    this.created = answer.created as string;
    this.lastSeq = (answer.state as { last_seq: number }).last_seq;
    this.replicas = config.num_replicas ?? 1;
    this.maxAge = (config.max_age || Infinity) / 1_000_000;
    const [subjects = "", ...others] = config.subjects ?? [];
    const { src, dest = "", headers_only = false } = config.republish ?? {};
    const expect = (holds: boolean, setting: string, expected: string, value: unknown): void => {
      if (holds) return;
      throw new SseError(
        "ERR_SSE_INVALID_OPTION",
        `natsLogs: the stream ${name}: ${setting}: expected ${expected}, got ${describe(value)}`,
      );
    };
    expect(
      others.length === 0 && subjects.endsWith(".>"),
      "subjects",
      'one subject that ends in ".>"',
      config.subjects?.join(", "),
    );
    expect(src === subjects || src === ">", "republish.src", `${subjects}, as in subjects`, src);
    expect(dest.endsWith(".>") && !headers_only, "republish", 'a dest that ends in ".>", with data', dest);
    expect(config.retention === "limits", "retention", "limits", config.retention);
    expect(!config.sealed && !config.deny_purge, "sealed and deny_purge", "false", true);
    this.#subjects = subjects.slice(0, -1);
    this.live = src === ">" ? `${dest.slice(0, -1)}${subjects}` : dest;
  }

  /** What is wrong with a stream that works nevertheless. */
  warnings(maxAge: number, version = ""): string[] {
    const warnings: string[] = [];
    if (this.maxAge < maxAge) {
      const expected = `at least ${maxAge} ms, which is the option maxAge`;
      warnings.push(`max_age: expected ${expected}, got ${this.maxAge} ms`);
    }
    // https://github.com/nats-io/nats-server/issues/4320 and https://github.com/nats-io/nats-server/pull/5794
    if (this.replicas > 1 && isBefore(version, REPLICATED_SINCE)) {
      const problem = "two nodes that append at the same moment can both be acknowledged against a condition";
      warnings.push(
        `num_replicas: expected 1 with a server before ${REPLICATED_SINCE.join(".")}, got ${this.replicas} with ${version}; ${problem}`,
      );
    }
    return warnings.map((warning) => `natsLogs: the stream ${this.name}: ${warning}`);
  }

  /** The subject of the log with this token. */
  subject(token: string): string {
    return this.#subjects + token;
  }

  /** The token of the log whose messages have this subject. */
  token(subject: string): string | undefined {
    return subject.startsWith(this.#subjects) ? subject.slice(this.#subjects.length) : undefined;
  }

  /** The token of the log whose stored messages are sent to this subject. */
  liveToken(subject: string): string {
    return subject.slice(this.live.length - 1);
  }

  /** The epoch of the log with this token. Both the stream and the log decide it. */
  epoch(token: string): string {
    return hash(`${this.created} ${token}`);
  }
}

function isBefore(version: string, other: readonly number[]): boolean {
  const parts = version.split(".").map((part) => Number.parseInt(part, 10));
  const differing = other.findIndex((part, n) => part !== parts[n]);
  return differing !== -1 && parts[differing]! < other[differing]!;
}

/** Finds the stream, or creates it if it does not exist. */
export async function openStream(
  requester: Requester,
  settings: StreamSettings,
  deadline: number,
): Promise<StreamInfo> {
  const { stream: name } = settings;
  try {
    return await findStream(requester, name, deadline);
  } catch (error) {
    if (!(error instanceof RequestFailed && error.kind === "missing" && error.apiCode !== undefined))
      throw error;
  }
  try {
    const answer = await requester.api(`STREAM.CREATE.${name}`, configOf(settings), deadline);
    return new StreamInfo(name, answer);
  } catch (error) {
    // Another node has created it meanwhile, with another token.
    if (error instanceof RequestFailed && error.apiCode === NAME_IN_USE)
      return findStream(requester, name, deadline);
    throw error;
  }
}

export async function findStream(requester: Requester, name: string, deadline: number): Promise<StreamInfo> {
  return new StreamInfo(name, await requester.api(`STREAM.INFO.${name}`, undefined, deadline));
}

function configOf({ stream: name, prefix, replicas, maxAge }: StreamSettings): object {
  // Each stream gets subjects of its own. What is published to those of a stream that was lost is stored nowhere.
  const token = crypto.randomUUID().replaceAll("-", "").slice(0, 12);
  const subjects = `${prefix}.log.${token}.>`;
  return {
    name,
    subjects: [subjects],
    republish: { src: subjects, dest: `${prefix}.live.${token}.>` },
    retention: "limits",
    storage: "file",
    discard: "new", // the server refuses a message when it is full, and does not delete those of other logs
    num_replicas: replicas,
    max_age: maxAge === Infinity ? 0 : Math.round(maxAge * 1_000_000), // nanoseconds; 0: never
    duplicate_window: 100_000_000, // nanoseconds; no message has an id, so the shortest time will do
  };
}

/**
 * Hashes a text to about 11 letters and digits (53 bits, the function "cyrb53"). A collision does no harm: an id also
 * names a message, and a message belongs to one log.
 */
function hash(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}
