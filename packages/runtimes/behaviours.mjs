/** The columns of the matrix: the name of the report, and the heading. */
export const COLUMNS = {
  "node-20": "Node 20",
  "node-22": "Node 22",
  "node-24": "Node 24",
  "node-26": "Node 26",
  bun: "Bun",
  deno: "Deno",
  workerd: "Workers",
};

/**
 * The rows of the matrix: a behaviour, and the groups of the adapter contract that test it. A group is the title of a
 * `describe`, or how it begins. The name of a behaviour is a group of it, too.
 * @type {Record<string, readonly string[]>}
 */
export const BEHAVIOURS = {
  "Head, headers and first block": ["the response", "the head", "retry: false", "the headers of the options"],
  "Events arrive as they are sent": ["a source", "one write", "close({ retry })"],
  "Clients read back what was sent": ["P1:", "P2:", "in Chromium"],
  "Resume with the last event ID": ["P12:", "lastEventId"],
  "Finished stays finished": ["P11:", "end()", "once"],
  "Errors before the head": [
    "a source that fails before the head",
    "a source whose head",
    "a mistake of the program",
  ],
  "Broken off is not complete": ["P14:", "a source that fails after the head"],
  Backpressure: ["P7:", "a source that is faster", "drained()", "a client that is disconnected because"],
  "Departure is noticed": ["P10:"],
  Limits: ["maxStreams", "maxAge", "expiresAt", "a stream", "pipelined requests"],
  "An error harms its own stream only": ["P13:"],
  Drain: ["P8:"],
};
