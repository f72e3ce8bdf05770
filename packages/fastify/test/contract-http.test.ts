import { adapterContract } from "@ssekit/conformance";
import fastify from "fastify";
import { fastifyAdapter } from "./support/fastify-adapter.js";

adapterContract(fastifyAdapter("Fastify 5", () => fastify()));
adapterContract(fastifyAdapter("Fastify 5 without direct writes", () => fastify(), { directWrites: false }));
