import fc from "fast-check";
import type { LogOperation } from "../latent-log.js";
import { pause } from "../support/within.js";
import type { Wishes } from "./wishes.js";
import { TOPICS, type World } from "./world.js";

// fast-check passes a model and the real system. Here the world is both: it records what it is told to do. Every
// command can run at any time.
type Model = object;
type Command = fc.AsyncCommand<Model, World>;

function command(name: string, run: (world: World) => unknown): Command {
  return {
    check: () => true,
    run: async (_model, world) => void (await run(world)),
    toString: () => name,
  };
}

const topic = fc.constantFrom(undefined, ...TOPICS);

const wishes: fc.Arbitrary<Wishes> = fc.record({
  topics: fc.option(fc.subarray(TOPICS, { minLength: 1 }), { nil: undefined }),
  filter: fc.option(fc.constant(3), { nil: undefined, freq: 4 }),
  from: fc.constantFrom(undefined, "start" as const, "oldest" as const, "newest" as const),
  snapshot: fc.boolean(),
});

/** Makes a command that acts on one of the clients, if there is one. */
function toClient(name: string, act: (client: World["clients"][number]) => unknown): fc.Arbitrary<Command> {
  return fc
    .nat({ max: 5 })
    .map((n) =>
      command(`${name}(${n})`, ({ clients }) => clients.length > 0 && act(clients[n % clients.length]!)),
    );
}

const publish = fc
  .record({ topic, big: fc.boolean() })
  .map((one) =>
    command(`publish(${one.topic}${one.big ? ", big" : ""})`, (world) => world.publish(one.topic, one.big)),
  );

const burst = fc
  .record({ count: fc.integer({ min: 2, max: 30 }), topic, big: fc.boolean() })
  .map(({ count, topic: of, big }) =>
    command(`burst(${count}, ${of}${big ? ", big" : ""})`, (world) => {
      for (let i = 0; i < count; i++) world.publish(of, big);
    }),
  );

// More events than the window of an asynchronous log keeps.
const flood = topic.map((of) =>
  command(`flood(${of})`, (world) => {
    for (let i = 0; i < 1_200; i++) world.publish(of, false);
  }),
);

const subscribe = wishes.map((wish) =>
  command(`subscribe(${JSON.stringify(wish)})`, (world) => world.connect(wish)),
);

const wait = fc.integer({ min: 0, max: 12 }).map((ms) => command(`wait(${ms})`, () => pause(ms)));

const fail = fc
  .constantFrom<LogOperation>("append", "read", "tail")
  .map((operation) => command(`fail(${operation})`, (world) => world.log.fail(operation)));

const happening = (name: string, run: (world: World) => unknown): fc.Arbitrary<Command> =>
  fc.constant(command(name, run));

/** Everything that can happen to a channel. Frequent events are listed more than once. */
export const commands = fc.commands(
  [
    publish,
    publish,
    burst,
    burst,
    flood,
    subscribe,
    subscribe,
    wait,
    wait,
    toClient("cut", (client) => client.leave()),
    toClient("reconnect", (client) => client.connect()),
    toClient("reconnect", (client) => client.connect()),
    toClient("stall", (client) => client.stall()),
    toClient("stall", (client) => client.stall()),
    toClient("resume", (client) => client.resume()),
    toClient("own", (client) => client.sendOwn()),
    toClient("own", (client) => client.sendOwn()),
    toClient("unsubscribe", (client) => client.unsubscribe()),
    toClient("end stream", (client) => client.end()),
    happening("drain", (world) => world.drain()),
    happening("end", (world) => world.end()),
    happening("restart", (world) => world.restart()),
    happening("cut tails", ({ log }) => log.cutTails()),
    happening("go down", ({ log }) => log.goDown()),
    happening("recover", ({ log }) => log.recover()),
    happening("recover", ({ log }) => log.recover()),
    happening("replace", (world) => world.replace()),
    fail,
  ],
  { maxCommands: 50, size: "max" },
);
