import { clientContract } from "./support/client-contract.js";

clientContract("ioredis 6");
