import { clusterResumeContract } from "../../src/cluster/resume-contract.js";

clusterResumeContract("redis");
