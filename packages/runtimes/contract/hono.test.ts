import { adapterContract } from "@ssekit/conformance";
import { honoAdapter } from "../../hono/test/support/hono-adapter.js";
import { runtime, serve } from "./runtime.js";

adapterContract(honoAdapter(`Hono 4 on ${runtime}`, serve));
