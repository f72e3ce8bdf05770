import { adapterContract } from "@ssekit/conformance";
import Koa from "koa";
import { koaAdapter } from "./support/koa-adapter.js";

adapterContract(koaAdapter("Koa 3", Koa));
adapterContract(koaAdapter("Koa 3 without direct writes", Koa, { directWrites: false }));
