import { adapterContract } from "@ssekit/conformance";
import { honoAdapter } from "../../hono/test/support/hono-adapter.js";
import { runtime, serve } from "./runtime.js";
import { skip } from "./skips.js";

adapterContract({ ...honoAdapter(`Hono 4 on ${runtime}`, serve), skip });
