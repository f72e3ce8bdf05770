// @ts-check
import { finishedAnswers, runningAnswers } from "./answers.mjs";
import { connects } from "./connect.mjs";
import { fanOut } from "./fan-out.mjs";
import { heartbeat } from "./heartbeat.mjs";
import { idle } from "./idle.mjs";
import { publishing } from "./publish.mjs";
import { relayThroughput } from "./relay.mjs";
import { slowReaders } from "./slow.mjs";
import { storm } from "./storm.mjs";
import { interleavedTopics, topicAmong } from "./topics.mjs";

/**
 * The rounds of every row. A row is a contender, or a condition of the case.
 * @typedef {{ name: string, digits: number, rows: Record<string, number[]> }} Metric
 */

/**
 * A promise about the median of the rounds: `row` divided by `of`, or with `more` the difference of the two.
 * @typedef {{ row: string, of: string, metric?: string, more?: boolean } & ({ atMost: number, atLeast?: never } | { atLeast: number, atMost?: never })} Limit
 */

/** @typedef {{ seconds: number, rounds: number, load: Partial<import("./fan-out.mjs").Load>, onTurn?(): void }} Settings */

/**
 * @typedef {object} Case
 * @property {string} title
 * @property {string[]} contenders
 * @property {string} reference the row with which the table compares all others
 * @property {Limit[]} limits
 * @property {(contenders: string[], settings: Settings) => Promise<Metric[]>} measure the first metric is drawn
 * @property {() => string | undefined} [missing] says why the case cannot run on this machine
 * @property {(contender: string, settings: Settings) => Promise<unknown>} [profile] a profile like that of `node --cpu-prof`
 */

const OURS = "ssekit on Express";
const THEIRS = "better-sse on Express";
const SOCKET = "net.Socket.write";
const NCHAN = "nginx with nchan";

/** @param {number} theirs @param {number} socket @param {number} nchan @returns {Limit[]} */
function limitsOfFanOut(theirs, socket, nchan) {
  return [
    { row: OURS, of: THEIRS, atMost: theirs },
    { row: OURS, of: SOCKET, atMost: socket },
    { row: OURS, of: NCHAN, atMost: nchan },
  ];
}

const usual = { clients: 500, rate: 20, burst: 1, bytes: 300 };
const basic = [OURS, THEIRS, "res.write", "res.write of a buffer", SOCKET, NCHAN];

/** @type {Record<string, Case>} */
export const cases = {
  broadcast: fanOut({
    load: usual,
    contenders: [...basic, "ssekit on node:http", "h3", "@fastify/sse"],
    reference: THEIRS,
    limits: limitsOfFanOut(0.55, 1.2, 1.1),
  }),
  large: fanOut({
    load: { ...usual, bytes: 8_192 },
    contenders: basic,
    reference: THEIRS,
    limits: limitsOfFanOut(0.25, 1.3, 0.9),
  }),
  many: fanOut({
    load: { ...usual, clients: 4_000, rate: 5 },
    contenders: [OURS, THEIRS, "res.write", SOCKET, NCHAN],
    reference: THEIRS,
    limits: limitsOfFanOut(0.55, 1.35, 1.1),
  }),
  burst: fanOut({
    load: { ...usual, rate: 2, burst: 10 },
    contenders: [OURS, THEIRS, "res.write", SOCKET],
    reference: THEIRS,
    limits: [{ row: OURS, of: THEIRS, atMost: 0.17 }],
  }),
  burst100: fanOut({
    load: { ...usual, rate: 1, burst: 100 },
    contenders: [OURS, THEIRS, "res.write", SOCKET],
    reference: THEIRS,
    limits: [],
  }),
  loop: fanOut({
    load: usual,
    contenders: ["ssekit send loop", "res.write"],
    reference: "res.write",
    limits: [{ row: "ssekit send loop", of: "res.write", atMost: 0.88 }],
  }),
  hono: fanOut({
    load: usual,
    contenders: ["ssekit on Hono", "better-sse on Hono", "hono streamSSE"],
    reference: "hono streamSSE",
    limits: [
      { row: "ssekit on Hono", of: "hono streamSSE", atMost: 0.45 },
      { row: "ssekit on Hono", of: "better-sse on Hono", atMost: 0.55 },
    ],
  }),
  koa: fanOut({
    load: usual,
    contenders: ["ssekit on Koa", "res.write"],
    reference: "res.write",
    limits: [{ row: "ssekit on Koa", of: "res.write", atMost: 1 }],
  }),
  flush: fanOut({
    load: { ...usual, clients: 200, rate: 1_000 },
    options: { flushInterval: 20 },
    contenders: [OURS, THEIRS],
    reference: THEIRS,
    limits: [{ row: OURS, of: THEIRS, atMost: 0.1 }],
  }),
  latency: fanOut({
    load: { ...usual, clients: 4_000, rate: 5 },
    timed: true,
    longer: 2, // because a percentile of a few events says little
    contenders: [OURS, THEIRS],
    reference: THEIRS,
    limits: [{ row: OURS, of: THEIRS, atMost: 1 }],
  }),
  slow: slowReaders({ clients: 1_000, slow: 10 }),
  topic: topicAmong({ few: 10, subscribers: 10_000 }),
  interleaved: interleavedTopics({ clients: 500, burst: 5 }),
  idle: idle({
    clients: 10_000,
    contenders: [OURS, "ssekit send loop", THEIRS, "res.write"],
    reference: "res.write",
    limits: [
      { row: OURS, of: "res.write", atMost: 1.2, more: true },
      { row: OURS, of: "res.write", metric: "KB of RSS per stream", atMost: 1.18 },
    ],
  }),
  heartbeat: heartbeat({
    clients: 15_000,
    contenders: [OURS, THEIRS],
    reference: THEIRS,
    limits: [{ row: OURS, of: THEIRS, atMost: 0.5 }],
  }),
  connect: connects({
    clients: 1_000,
    contenders: [
      OURS,
      "ssekit on Koa",
      "ssekit on Hono",
      "ssekit on node:http",
      THEIRS,
      "better-sse on Hono",
      "hono streamSSE",
      "h3",
      "@fastify/sse",
      "res.write",
    ],
    reference: "res.write",
    limits: [],
  }),
  storm: storm({ clients: 5_000, events: 10_000 }),
  relay: relayThroughput(),
  redis: publishing({ kind: "redis", bare: "bare XADD", one: 0.5, group: 1 }),
  nats: publishing({ kind: "nats", bare: "bare JetStream publish", one: 0.8, group: 0.8 }),
  answers: runningAnswers({ answers: 1_000, rate: 10, bytes: 60 }),
  finished: finishedAnswers({ answers: 10_000, tokens: 20, bytes: 60 }),
};
