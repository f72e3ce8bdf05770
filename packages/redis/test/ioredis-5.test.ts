import { clientContract } from "./support/client-contract.js";

clientContract("ioredis 5", { logsOnly: true });
