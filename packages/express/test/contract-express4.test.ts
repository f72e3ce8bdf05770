import { adapterContract } from "@ssekit/conformance";
import express from "express4";
import { expressAdapter } from "./support/express-adapter.js";

adapterContract(expressAdapter("Express 4", express));
