import { clientContract } from "./support/client-contract.js";

clientContract("redis 5", { logsOnly: true });
