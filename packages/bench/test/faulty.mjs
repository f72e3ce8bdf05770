// @ts-check
// A contender that does something wrong with one event, for one of its clients. The query of the module's URL says what.
import { createServer } from "node:http";

const fault = new URL(import.meta.url).search.slice(1);

/** @type {import("../contenders/index.mjs").CreateContender} */
export default function create() {
  /** @type {Set<import("node:http").ServerResponse>} */
  const responses = new Set();
  const server = createServer((_req, res) => {
    res.writeHead(200, { "Content-Type": "text/event-stream" });
    res.write("retry: 3000\n\n");
    responses.add(res);
  });
  return {
    server,
    open: () => responses.size,
    send(data) {
      const { number } = /** @type {ReturnType<typeof import("../message.mjs").message>} */ (data);
      const sent = fault === "changed" && number === 2 ? { rows: [], number } : data;
      const text = `event: tick\ndata: ${JSON.stringify(sent)}\n\n`;
      for (const [i, response] of [...responses].entries()) {
        const isLast = i === responses.size - 1;
        if (isLast && fault === `lost-${number}`) continue;
        response.write(text);
        if (isLast && fault === `doubled-${number}`) response.write(text);
      }
    },
  };
}
