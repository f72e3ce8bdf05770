import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { listen } from "../src/support/listen.js";

/**
 * The sources of docs/llm.md, run with the built packages, on what providers send when they answer, break off or fail. Real
 * answers are not part of the repository: they are read from a folder beside it, and left out if it is not there.
 */
const guide = readFileSync(new URL("../../../docs/llm.md", import.meta.url), "utf8");
const captures = new URL("../../../../shared/captures/", import.meta.url);
const folder = new URL(".snippets/", import.meta.url); // inside a package, so that its imports resolve
mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sources = [
  {
    heading: "OpenAI: chat completions",
    capture: "mistral-chat.sse",
    text: (data: any) => data.choices?.[0]?.delta.content,
    events: [
      'data: {"choices":[{"index":0,"delta":{"content":"Hello, "}}]}',
      'data: {"choices":[{"index":0,"delta":{"content":"世界"},"finish_reason":"stop"}]}',
    ],
    last: "data: [DONE]",
    error: 'data: {"error":{"code":502,"message":"Overloaded"},"choices":[]}',
  },
  {
    heading: "OpenAI: responses",
    capture: "openai-responses.sse",
    text: (data: any) => (data.type === "response.output_text.delta" ? data.delta : ""),
    events: [
      'event: response.created\ndata: {"type":"response.created"}',
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hello, "}',
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"世界"}',
    ],
    last: 'event: response.completed\ndata: {"type":"response.completed"}',
    error: 'event: error\ndata: {"type":"error","message":"Overloaded"}',
  },
  {
    heading: "Anthropic: messages",
    capture: "anthropic-messages-ping.sse",
    text: (data: any) => data.delta?.text,
    events: [
      'event: message_start\ndata: {"type":"message_start","message":{}}',
      'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hello, "}}',
      'event: ping\ndata: {"type": "ping"}',
      'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"世界"}}',
    ],
    last: 'event: message_stop\ndata: {"type":"message_stop"}',
    error: 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
  },
];

describe.each(sources)("docs/llm.md, $heading", ({ heading, capture, text, events, last, error }) => {
  const blocks = (...parts: string[]) => parts.map((part) => `${part}\n\n`).join("");

  it("yields the text of an answer", async () => {
    expect(await run(heading, blocks(...events, last))).toEqual({ text: "Hello, 世界", error: "" });
  });

  it("takes an answer that ends early for an error", async () => {
    const result = await run(heading, blocks(...events));
    expect(result).toEqual({
      text: "Hello, 世界",
      error: expect.stringContaining("ERR_SSE_UPSTREAM_INCOMPLETE"),
    });
  });

  it("throws when the provider reports an error in the middle", async () => {
    const result = await run(heading, blocks(...events, error, last));
    expect(result).toEqual({ text: "Hello, 世界", error: expect.stringContaining("Overloaded") });
  });

  it("throws when the provider refuses", async () => {
    const result = await run(heading, '{"error":{"message":"Rate limit"}}', 429);
    expect(result).toEqual({ text: "", error: expect.stringContaining("ERR_SSE_UPSTREAM_STATUS") });
  });

  const recording = new URL(capture, captures);
  it.each([recording].filter(existsSync))(`yields the text of ${capture}`, async () => {
    const stream = readFileSync(recording, "utf8");
    const data = [...stream.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json!));
    const expected = data.map((one) => text(one) ?? "").join("");
    expect(expected.length).toBeGreaterThan(10);
    expect(await run(heading, stream)).toEqual({ text: expected, error: "" });
  });
});

/** Runs the source below this heading on a provider that sends this body, and returns what it prints. */
async function run(heading: string, body: string, status = 200): Promise<{ text: string; error: string }> {
  const code = new RegExp(`^### ${heading}$.*?^\`\`\`js\n(.*?)^\`\`\``, "ms").exec(guide)?.[1];
  const file = new URL(`${heading.replaceAll(/\W+/g, "-")}.mjs`, folder);
  writeFileSync(file, code!);
  const provider = createServer((_request, response) => {
    const type = status === 200 ? "text/event-stream" : "application/json";
    response.writeHead(status, { "content-type": type }).end(body);
  });
  const { url, close } = await listen(provider);
  onTestFinished(close);
  const env = { PATH: process.env["PATH"], LLM_URL: url, ANTHROPIC_API_KEY: "key" };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file.pathname], { env, timeout: 20_000 });
    return { text: stdout, error: "" };
  } catch (thrown) {
    const { stdout, stderr } = thrown as { stdout: string; stderr: string };
    return { text: stdout, error: stderr };
  }
}
