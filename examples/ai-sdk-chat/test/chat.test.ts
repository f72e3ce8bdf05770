import { memoryLogs } from "@ssekit/express";
import { DefaultChatTransport, UI_MESSAGE_STREAM_HEADERS } from "ai";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createChats } from "../chats.js";
import { createMockModel } from "../mock-model.js";
import type { Chat } from "../public/chat.js";
import { createDictatedModel, startApp, textOf } from "./start-app.js";

/** Waits until the client shows this text. */
const shows = (chat: Chat, text: string) => eventually(() => expect(textOf(chat)).toBe(text));

/** Opens a chat, asks, and gets the first words of the answer. */
async function askIn(
  app: Awaited<ReturnType<typeof startApp>>,
  dictated: ReturnType<typeof createDictatedModel>,
) {
  const chat = app.open("chat");
  const over = chat.sendMessage({ text: "hello" });
  await dictated.begin();
  dictated.write("One, ");
  dictated.write("two, ");
  await shows(chat, "One, two, ");
  return { chat, over };
}

describe("the client of the AI SDK", () => {
  test("gets the answer to its question, whole", async () => {
    const app = await startApp({ model: createMockModel(0) });
    const chat = app.open("chat");
    await chat.sendMessage({ text: "你好 👩‍🚀" });
    expect(chat).toMatchObject({ status: "ready", error: undefined });
    expect(textOf(chat)).toMatch(/^You said: “你好 👩‍🚀” I am a mock .+ 再见 👋$/);
    expect(chat.lastMessage?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(app.errors).toEqual([]);
  });

  test("is sent the headers of the AI SDK's protocol, and data that its parser knows", async () => {
    const { address } = await startApp({ model: createMockModel(0) });
    const messages = [{ id: "1", role: "user", parts: [{ type: "text", text: "hello" }] }];
    const response = await fetch(`${address}/api/chat`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: "chat", messages, trigger: "submit-message" }),
    });
    expect(response.status).toBe(200);
    const header = "x-vercel-ai-ui-message-stream";
    expect(response.headers.get(header)).toBe(UI_MESSAGE_STREAM_HEADERS[header]);
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const data = [...(await response.text()).matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line!);
    expect(data.at(-1)).toBe("[DONE]");
    const types = data.slice(0, -1).map((line) => JSON.parse(line).type);
    expect(new Set(types)).toEqual(
      new Set(["start", "start-step", "text-start", "text-delta", "text-end", "finish-step", "finish"]),
    );
  });

  test("is not disturbed by heartbeats", async () => {
    const dictated = createDictatedModel();
    const app = await startApp({ model: dictated.model, events: { heartbeat: 1000 } });
    const { over, chat } = await askIn(app, dictated);
    const other = await fetch(`${app.address}/api/chat/chat/stream`);
    let received = "";
    for await (const chunk of other.body!.pipeThrough(new TextDecoderStream())) {
      received += chunk;
      if (/^:$/m.test(received)) break; // the clients are all sent one
    }
    dictated.write("three.");
    dictated.finish();
    await over;
    expect(chat).toMatchObject({ status: "ready", error: undefined });
    expect(textOf(chat)).toBe("One, two, three.");
  });

  test("asks again in the same chat, and the model gets what was said before", async () => {
    const model = createMockModel(0);
    const app = await startApp({ model });
    const chat = app.open("chat");
    await chat.sendMessage({ text: "one" });
    await chat.sendMessage({ text: "two" });
    expect(chat.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
    expect(new Set(chat.messages.map(({ id }) => id)).size).toBe(4);
    expect(textOf(chat)).toMatch(/“two”/);
    expect(model.doStreamCalls[1]?.prompt.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    const other = app.open("chat");
    expect(await other.load()).toBe("done");
    expect(other.messages.map(({ id }) => id)).toEqual(chat.messages.map(({ id }) => id));
  });

  test("P15: after a reload in the middle of an answer, gets all of it, and the model is asked once", async () => {
    const dictated = createDictatedModel();
    const app = await startApp({ model: dictated.model });
    const { chat, over } = await askIn(app, dictated);
    await chat.stop(); // it only disconnects, like a page that is left
    await over;
    dictated.write("three, ");
    const reloaded = app.open("chat");
    const resumed = reloaded.load();
    await shows(reloaded, "One, two, three, ");
    expect(reloaded.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    dictated.write("four.");
    dictated.finish();
    expect(await resumed).toBe("running");
    expect(textOf(reloaded)).toBe("One, two, three, four.");
    expect(reloaded.status).toBe("ready");
    expect(dictated.calls()).toBe(1);
    expect(dictated.isAborted()).toBe(false);
  });

  test("after its connection broke off, gets the rest, and no text is doubled", async () => {
    const dictated = createDictatedModel();
    const app = await startApp({ model: dictated.model });
    const { chat, over } = await askIn(app, dictated);
    app.cut();
    await over;
    expect(chat.isDisconnected).toBe(true);
    dictated.write("three.");
    const resumed = chat.load();
    await shows(chat, "One, two, three.");
    dictated.finish();
    await resumed;
    expect(chat).toMatchObject({ status: "ready", error: undefined });
    expect(chat.messages).toHaveLength(2);
    expect(textOf(chat)).toBe("One, two, three.");
  });

  test("gets an answer that ends just before it can be resumed", async () => {
    const dictated = createDictatedModel();
    const app = await startApp({ model: dictated.model });
    const { over } = await askIn(app, dictated);
    const reloaded = app.open("chat");
    const { fetch } = globalThis;
    const lateFetch = vi.spyOn(globalThis, "fetch").mockImplementationOnce(async (...request) => {
      const response = await fetch(...request); // the chat, with an answer that is running
      dictated.finish();
      await over;
      return response;
    });
    onTestFinished(() => lateFetch.mockRestore());
    expect(await reloaded.load()).toBe("done");
    expect(textOf(reloaded)).toBe("One, two, ");
  });

  test("P15: stops the answer for all clients, and what was written stays", async () => {
    const dictated = createDictatedModel();
    const app = await startApp({ model: dictated.model });
    const { chat, over } = await askIn(app, dictated);
    const other = app.open("chat");
    const resumed = other.load();
    await shows(other, "One, two, ");
    await other.stopAnswer(); // in the middle of its resume
    await Promise.all([over, resumed]);
    for (const client of [chat, other]) {
      expect(client).toMatchObject({ status: "ready", error: undefined });
      expect(textOf(client)).toBe("One, two, ");
    }
    await eventually(() => expect(dictated.isAborted()).toBe(true));
    expect(app.errors).toEqual([]);
  });

  test("P15: has nothing to resume after a stop", async () => {
    const dictated = createDictatedModel();
    const app = await startApp({ model: dictated.model });
    const { chat, over } = await askIn(app, dictated);
    await chat.stopAnswer();
    await over;
    expect(await reconnect(app.address)).toBeNull();
    await chat.resumeStream();
    expect(chat.status).toBe("ready");
    expect(textOf(chat)).toBe("One, two, ");
    const reloaded = app.open("chat");
    expect(await reloaded.load()).toBe("stopped");
    await eventually(async () => {
      await reloaded.load();
      expect(textOf(reloaded)).toBe("One, two, ");
    });
    expect(dictated.calls()).toBe(1);
  });

  test("stops an answer of which nothing was written yet", async () => {
    const dictated = createDictatedModel();
    const app = await startApp({ model: dictated.model });
    const chat = app.open("chat");
    const over = chat.sendMessage({ text: "hello" });
    await dictated.asked();
    await chat.stopAnswer();
    await over;
    expect(chat.status).toBe("ready");
    await eventually(() => expect(dictated.isAborted()).toBe(true));
  });

  test("has nothing to resume when the answer is finished, or in a chat that is not known", async () => {
    const app = await startApp({ model: createMockModel(0) });
    await app.open("chat").sendMessage({ text: "hello" });
    expect(await reconnect(app.address)).toBeNull();
    expect((await fetch(`${app.address}/api/chat/chat/stream`)).status).toBe(204);
    expect((await fetch(`${app.address}/api/chat/other/stream`)).status).toBe(204);
  });

  test.for([
    ["refuses", "/refuse", /^$/],
    ["fails in the middle", "/break", /^You said: “\/break” I am a mock and $/],
  ] as const)("is told if the model %s", async ([, question, text]) => {
    const app = await startApp({ model: createMockModel(0) });
    const chat = app.open("chat");
    await chat.sendMessage({ text: question });
    expect(chat.status).toBe("error");
    expect(chat.error?.message).toBe("The model failed in the middle of its answer.");
    expect(chat.isDisconnected).toBe(false);
    expect(textOf(chat)).toMatch(text);
    expect(app.errors).toHaveLength(1); // the log of the server has the reason
    expect(await app.open("chat").load()).toBe("failed");
    expect(await reconnect(app.address)).toBeNull();
  });

  test("P14: is told if the model's stream ends before its answer is complete", async () => {
    const dictated = createDictatedModel();
    const app = await startApp({ model: dictated.model });
    const { chat, over } = await askIn(app, dictated);
    dictated.cut();
    await over;
    expect(chat.error?.message).toBe("The model failed in the middle of its answer.");
    expect(textOf(chat)).toBe("One, two, ");
  });

  test("is told if the answer becomes too long", async () => {
    const app = await startApp({ model: createMockModel(0), maxBytes: 2000 });
    const chat = app.open("chat");
    await chat.sendMessage({ text: "hello" });
    expect(chat.error?.message).toBe("The answer became too long.");
    expect(textOf(chat)).toMatch(/^You said: “hello”/);
  });

  test("P14: takes an answer that its server cuts for an error, and gets the rest from another server", async () => {
    const dictated = createDictatedModel();
    const shared = { model: dictated.model, logs: memoryLogs(), chats: createChats() };
    const [app, otherApp] = [await startApp(shared), await startApp(shared)];
    const { chat, over } = await askIn(app, dictated);
    await app.drain();
    await over;
    expect(chat.status).toBe("error");
    expect(chat.isDisconnected).toBe(true);
    expect(textOf(chat)).toBe("One, two, ");
    const other = otherApp.open("chat");
    const resumed = other.load();
    await shows(other, "One, two, ");
    dictated.write("three.");
    dictated.finish();
    await resumed;
    expect(other.status).toBe("ready");
    expect(textOf(other)).toBe("One, two, three.");
    expect(dictated.calls()).toBe(1);
  });

  test("P15: stops an answer that another server writes", async () => {
    const dictated = createDictatedModel();
    const shared = { model: dictated.model, logs: memoryLogs(), chats: createChats() };
    const [app, otherApp] = [await startApp(shared), await startApp(shared)];
    const { chat, over } = await askIn(app, dictated);
    await otherApp.open("chat").stopAnswer();
    await over;
    expect(chat.status).toBe("ready");
    await eventually(() => expect(dictated.isAborted()).toBe(true));
  });

  test("is told if the server that writes the answer is stopped", async () => {
    const dictated = createDictatedModel();
    const app = await startApp({ model: dictated.model });
    const { chat, over } = await askIn(app, dictated);
    await app.closeAnswers();
    await over;
    expect(chat.error?.message).toBe("The server that wrote this answer was stopped.");
    expect(dictated.isAborted()).toBe(true);
  });

  test("stops the answer that is being written when it asks again", async () => {
    const dictated = createDictatedModel();
    const app = await startApp({ model: dictated.model });
    const { chat, over } = await askIn(app, dictated);
    const other = app.open("chat");
    const second = other.sendMessage({ text: "again" });
    await over;
    expect(chat.status).toBe("ready");
    expect(textOf(chat)).toBe("One, two, ");
    await dictated.begin(2);
    dictated.write("Three.");
    dictated.finish();
    await second;
    expect(textOf(other)).toBe("Three.");
    const reloaded = app.open("chat");
    await reloaded.load();
    expect(textOf(reloaded)).toBe("Three.");
  });
});

describe("the routes", () => {
  test.for([
    ["no body", undefined],
    ["no id", { messages: [{ id: "1", role: "user", parts: [{ type: "text", text: "hello" }] }] }],
    ["no messages", { id: "chat" }],
    ["messages of another kind", { id: "chat", messages: [{ role: "user", content: "hello" }] }],
  ] as const)("answer 400 to a question with %s", async ([, body]) => {
    const { address } = await startApp({ model: createMockModel(0) });
    const response = await fetch(`${address}/api/chat`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body) ?? "",
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/expected the id of a chat/);
  });

  test("refuse questions and stops from pages of other sites", async () => {
    const { address } = await startApp({ model: createMockModel(0) });
    const headers = { "Sec-Fetch-Site": "cross-site" };
    for (const [method, path] of [
      ["POST", ""],
      ["DELETE", "/chat/stream"],
    ] as const) {
      expect((await fetch(`${address}/api/chat${path}`, { method, headers })).status).toBe(403);
    }
  });
});

/** What the AI SDK's own transport gets when it resumes the chat. */
function reconnect(address: string) {
  return new DefaultChatTransport({ api: `${address}/api/chat` }).reconnectToStream({ chatId: "chat" });
}

function eventually(assertion: () => void | Promise<void>) {
  return vi.waitFor(assertion, { timeout: 10_000 });
}
