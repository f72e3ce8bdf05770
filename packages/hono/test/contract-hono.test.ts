import { createAdaptorServer } from "@hono/node-server";
import { adapterContract, listen } from "@ssekit/conformance";
import { honoAdapter } from "./support/hono-adapter.js";

adapterContract(honoAdapter("Hono 4 on Node", (fetch) => listen(createAdaptorServer({ fetch }))));
