import { stormContract } from "../../src/cluster/storm-contract.js";

stormContract("nats");
