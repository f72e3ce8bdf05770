import { answerNodesContract } from "../../src/answer-nodes/nodes-contract.js";

answerNodesContract("redis");
