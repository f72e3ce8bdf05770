import { adapterContract } from "@ssekit/conformance";
import express from "express";
import { expressAdapter } from "./support/express-adapter.js";

adapterContract(expressAdapter("Express 5", express));
