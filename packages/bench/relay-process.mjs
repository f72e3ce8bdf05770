// @ts-check
// A process that reads an upstream event stream with `relay`, or only decodes its bytes.
import { relay } from "@ssekit/relay";
import { message } from "./message.mjs";
import { serve } from "./rpc.mjs";

serve({
  /**
   * Reads `megabytes` pages of about a megabyte.
   * @param {{ kind: "relay" | "decode", bytes: number, chunk: number, megabytes: number }} options
   *   `bytes`: of an event's data; `chunk`: bytes of a chunk, or 0 if each event is a chunk
   * @returns {Promise<{ micros: number, read: number }>} CPU microseconds, and how many bytes were read
   */
  async pass({ kind, bytes, chunk: size, megabytes }) {
    const blocks = Array.from({ length: Math.ceil((1 << 20) / bytes) }, (_, i) => block(i, bytes));
    const page = blocks.join("");
    const upstream = size === 0 ? blocks.map((one) => Buffer.from(one)) : cut(Buffer.from(page), size);
    const before = process.cpuUsage();
    let events = 0;
    let characters = 0;
    if (kind === "relay") {
      for await (const event of relay(chunks(upstream, megabytes))) {
        events++;
        characters += event.data?.length ?? 0;
      }
    } else {
      const decoder = new TextDecoder();
      for await (const chunk of chunks(upstream, megabytes))
        characters += decoder.decode(chunk, { stream: true }).length;
    }
    const { user, system } = process.cpuUsage(before);
    const expected = kind === "relay" ? blocks.length : 0;
    if (events !== expected * megabytes)
      throw new Error(`${events} events instead of ${expected * megabytes}`);
    if (kind === "decode" && characters !== page.length * megabytes)
      throw new Error("Characters are missing");
    return { micros: user + system, read: page.length * megabytes };
  },
});

/** @param {number} number @param {number} bytes */
function block(number, bytes) {
  return `event: tick\nid: ${number}\ndata: ${JSON.stringify(message(number, bytes))}\n\n`;
}

/** @param {Buffer} bytes @param {number} length */
function cut(bytes, length) {
  const count = Math.ceil(bytes.length / length);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}

/** @param {Uint8Array[]} upstream @param {number} times @returns {AsyncGenerator<Uint8Array, void>} */
async function* chunks(upstream, times) {
  for (let i = 0; i < times; i++) yield* upstream;
}
