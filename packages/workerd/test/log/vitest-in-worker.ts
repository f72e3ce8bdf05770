import {
  chai,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  ASYMMETRIC_MATCHERS_OBJECT,
} from "expect-of-vitest";

/** The part of vitest that the contract of logs uses, for code that runs in workerd. vitest itself cannot run there. */

interface Collected {
  readonly name: string;
  run(): Promise<void>;
}

type Hook = () => unknown;

/** The tests that have been registered, in their order. */
export const collected: Collected[] = [];

let path: string[] = [];
const before: Hook[] = [];
const after: Hook[] = [];
let finished: Hook[] = [];

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect = Object.assign(
  (value: unknown, message?: string) => chai.expect(value, message),
  (globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT],
);
Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: expect, configurable: true });

export function describe(name: string, register: () => void): void {
  path.push(name);
  register();
  path.pop();
}

export function it(name: string, test: () => unknown): void {
  collected.push({ name: [...path, name].join(" > "), run: () => runTest(test) });
}
it.runIf = (condition: boolean) => (condition ? it : () => {});

export function beforeEach(hook: Hook): void {
  before.push(hook);
}

export function afterEach(hook: Hook): void {
  after.push(hook);
}

export function onTestFinished(hook: Hook): void {
  finished.push(hook);
}

export const vi = {
  spyOn<T extends object, K extends keyof T>(object: T, name: K) {
    const original = object[name];
    return {
      mockImplementation(replacement: T[K]) {
        object[name] = replacement;
        return { mockRestore: () => void (object[name] = original) };
      },
    };
  },
};

async function runTest(test: () => unknown): Promise<void> {
  finished = [];
  try {
    for (const hook of before) await hook();
    await test();
    for (const hook of after) await hook();
  } finally {
    for (const hook of finished.toReversed()) await hook();
  }
}
