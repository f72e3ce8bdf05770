import { clientContract } from "./support/client-contract.js";

clientContract("redis 6");
