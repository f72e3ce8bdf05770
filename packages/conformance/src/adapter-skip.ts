import { beforeAll, beforeEach } from "vitest";
import type { Skip } from "./adapter.js";

declare module "vitest" {
  interface TaskMeta {
    /** Why the test is skipped. It is in the JSON report. */
    skipReason?: string;
  }
}

interface Task {
  readonly name: string;
  readonly suite?: Task | undefined;
  readonly tasks?: readonly Task[];
}

/** Skips tests of the suite, and notes the reasons in the report. */
export function skipTests(skips: readonly Skip[]): void {
  if (skips.length === 0) return;

  // oxlint-disable-next-line no-empty-pattern -- vitest accepts no other form of a first argument
  beforeAll(({}, suite) => {
    const names = testsOf(suite as unknown as Task).map(nameOf);
    const wrong = skips.filter(({ test }) => !names.some((name) => name.endsWith(test)));
    if (wrong.length > 0)
      throw new Error(`No test has the name of a skip: ${wrong.map(({ test }) => test).join("; ")}`);
  });

  beforeEach(({ task, skip }) => {
    const found = skips.find(({ test }) => nameOf(task).endsWith(test));
    if (found === undefined) return;
    task.meta.skipReason = `${found.runtime}: ${found.reason}`;
    skip(found.reason);
  });
}

function testsOf(task: Task): Task[] {
  return task.tasks === undefined ? [task] : task.tasks.flatMap(testsOf);
}

/** The name of a test with the names of its groups, separated by spaces. */
function nameOf({ name, suite }: Task): string {
  return suite === undefined ? name : `${nameOf(suite)} ${name}`;
}
