// @ts-check
// A process that reads an upstream event stream with `relay`, or only decodes its bytes.
import { relay } from "@ssekit/relay";
import { message } from "./message.mjs";
import { serve } from "./rpc.mjs";

const CHUNK = 16 * 1024;

serve({
  /**
   * @param {{ kind: "relay" | "decode", bytes: number, megabytes: number }} options
   * @returns {Promise<{ micros: number, read: number }>} CPU microseconds, and how many bytes were read
   */
  async pass({ kind, bytes, megabytes }) {
    const page = Array.from({ length: Math.ceil((1 << 20) / bytes) }, (_, i) => block(i, bytes)).join("");
    const upstream = Buffer.from(page);
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
    const expected = kind === "relay" ? page.split("\n\n").length - 1 : 0;
    if (events !== expected * megabytes)
      throw new Error(`${events} events instead of ${expected * megabytes}`);
    if (kind === "decode" && characters !== page.length * megabytes)
      throw new Error("Characters are missing");
    return { micros: user + system, read: upstream.length * megabytes };
  },
});

/** @param {number} number @param {number} bytes */
function block(number, bytes) {
  return `event: tick\nid: ${number}\ndata: ${JSON.stringify(message(number, bytes))}\n\n`;
}

/** @param {Buffer} bytes @param {number} times @returns {AsyncGenerator<Uint8Array, void>} */
async function* chunks(bytes, times) {
  for (let i = 0; i < times; i++) {
    for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
  }
}
