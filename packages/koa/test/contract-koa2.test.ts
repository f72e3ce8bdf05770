import { adapterContract } from "@ssekit/conformance";
import Koa from "koa2";
import { koaAdapter } from "./support/koa-adapter.js";

adapterContract(koaAdapter("Koa 2", Koa));
