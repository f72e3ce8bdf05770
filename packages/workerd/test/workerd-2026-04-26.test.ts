import { onWorkerd } from "./scenarios/on-workerd.js";

onWorkerd("2026-04-26");
