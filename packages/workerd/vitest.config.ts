import { mergeConfig } from "vitest/config";
import base from "../../vitest.config.js";

/** The scenarios have a run and a report of their own, because they are a column of the matrix of runtimes. */
const config = mergeConfig(base, {});
config.test.include = ["packages/workerd/scenarios/*.test.ts"];
export default config;
